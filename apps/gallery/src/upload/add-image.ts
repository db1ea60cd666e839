import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { takeTurn } from '../http/rate-limit.ts';
import { checkOrigin } from '../http/who-may-ask.ts';
import { imageTypeOf } from '../images/image-type.ts';
import type { ImageType } from '../images/image-type.ts';
import { imageNameFrom } from '../images/stored-image.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { withoutMetadata } from '../images/strip-metadata.ts';
import { Refusal, refusalOf, storeFull } from '../refusal.ts';
import type { GalleryParts } from '../routes/gallery-parts.ts';
import { bytesOf } from '../store/image-store.ts';
import type { ImageStore } from '../store/image-store.ts';
import { dropReceived, dropStaged, receiveForm, receiveImage } from './receive-uploads.ts';
import type { StagedOriginal } from './receive-uploads.ts';

type AddedImage = { readonly added: boolean; readonly image: StoredImage };

/** Who sent an upload. */
export type Sender = {
  /** Its address: the thumbnails of different clients are made by turns. */
  readonly client: string;
  /** Aborted when it has gone away, or has its reply. */
  readonly gone: AbortSignal;
};

type RefusedFile = { readonly fileName: string; readonly refusal: Refusal };

export type FormOutcome = {
  readonly images: readonly AddedImage[];
  readonly refused: readonly RefusedFile[];
};

/** Takes the image that is the body of a request. @throws Refusal with what is wrong. */
export async function addBody(exchange: HttpBindings, parts: GalleryParts): Promise<AddedImage> {
  const { incoming } = exchange;
  checkOrigin(incoming);
  const sender = senderOf(exchange);
  const tooFast = takeTurn(sender.client, parts.rateLimit);
  if (tooFast !== undefined) throw tooFast;
  const staged = await receiveImage(incoming, parts.store, parts.limits);
  return addImage(staged, '', sender, parts);
}

/** Takes the images of a form, each for itself. @throws Refusal with what is wrong with the form as a whole. */
export async function addForm(exchange: HttpBindings, parts: GalleryParts): Promise<FormOutcome> {
  const { incoming } = exchange;
  checkOrigin(incoming);
  const sender = senderOf(exchange);
  // Each file is a turn; the first is taken before anything is read.
  const refusalOfNext = () => takeTurn(sender.client, parts.rateLimit);
  const tooFast = refusalOfNext();
  if (tooFast !== undefined) throw tooFast;
  const received = Array.from(await receiveForm(incoming, parts.store, parts.limits, refusalOfNext));
  const images: AddedImage[] = [];
  const refused: RefusedFile[] = [];
  for (let next = received.shift(); next !== undefined; next = received.shift()) {
    const { fileName, outcome } = next;
    try {
      if (outcome instanceof Refusal) throw outcome;
      images.push(await addImage(outcome, fileName, sender, parts));
    } catch (error) {
      if (sender.gone.aborted) {
        await dropReceived(parts.store, received);
        throw error;
      }
      const refusal = refusalOf(error) ?? new Refusal(500, 'the image could not be stored');
      if (refusal.status === 500) parts.log(`${String(error instanceof Error ? error.stack : error)}\n`);
      refused.push({ fileName, refusal });
    }
  }
  return { images, refused };
}

function senderOf({ incoming, outgoing }: HttpBindings): Sender {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  return { client: incoming.socket.remoteAddress ?? '', gone: gone.signal };
}

/** Whether the body of a request is a form with files. */
export function isForm(incoming: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(incoming.headers['content-type'] ?? '');
}

/**
 * Lists an upload that is on disk, without its metadata unless they are kept; `added` is false when the image was there already.
 *
 * @throws Refusal 415 when it is no image that is taken, 422 when it cannot be decoded, 503 when too many are waiting, 507 when the
 * store is full; the upload is gone then, and so it is when its sender goes away.
 */
async function addImage(
  received: StagedOriginal,
  fileName: string,
  sender: Sender,
  { store, thumbnailer, keepMetadata }: Pick<GalleryParts, 'store' | 'thumbnailer' | 'keepMetadata'>,
): Promise<AddedImage> {
  let staged = received;
  let reserved = 0;
  try {
    const type = imageTypeOf(staged.start);
    if (type === undefined) {
      throw new Refusal(415, 'this is not an image that is taken; expected JPEG, PNG, WebP, GIF or AVIF');
    }
    if (!keepMetadata) staged = await stripUpload(staged, type, store);
    const present = store.listing.get(staged.id);
    if (present !== undefined) {
      await dropStaged(store, staged);
      return { added: false, image: present };
    }
    const { width, height, thumbnail } = await thumbnailer.thumbnail(staged.path, type, sender);
    const image: StoredImage = {
      ...{ id: staged.id, type, bytes: staged.bytes, width, height },
      name: imageNameFrom(fileName),
      addedAt: new Date().toISOString(),
      thumbnail: { bytes: thumbnail.webp.length, width: thumbnail.width, height: thumbnail.height },
    };
    if (!store.budget.reserve(bytesOf(image) - staged.bytes)) throw storeFull();
    reserved = bytesOf(image) - staged.bytes;
    return await store.publish(staged.folder, image, thumbnail.webp);
  } catch (error) {
    store.budget.release(reserved);
    await dropStaged(store, staged);
    throw error;
  }
}

/** One upload at a time is in memory as a whole. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Takes from an upload on disk what it tells besides its pixels (`withoutMetadata`). Its id and its size are those of what is left.
 *
 * @throws Refusal 422 when the image is too damaged for that. The upload is as it was then.
 */
async function stripUpload(
  staged: StagedOriginal,
  type: ImageType,
  store: ImageStore,
): Promise<StagedOriginal> {
  const stripped = last.then(() => strip(staged, type, store));
  last = stripped.catch(() => undefined);
  return stripped;
}

async function strip(staged: StagedOriginal, type: ImageType, store: ImageStore): Promise<StagedOriginal> {
  const original = await readFile(staged.path);
  const bytes = withoutMetadata(type, original);
  if (bytes === undefined) {
    throw new Refusal(422, 'the image cannot be read: it is damaged, cut off, or not what it seems');
  }
  if (bytes.equals(original)) return staged;
  const aside = `${staged.path}.stripped`;
  await writeFile(aside, bytes, { flag: 'wx', flush: true });
  await rename(aside, staged.path);
  store.budget.release(staged.bytes - bytes.length);
  return { ...staged, id: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}
