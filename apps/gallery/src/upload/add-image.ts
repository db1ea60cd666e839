import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { imageTypeOf } from '../images/image-type.ts';
import type { ImageType } from '../images/image-type.ts';
import { imageNameFrom } from '../images/stored-image.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { withoutMetadata } from '../images/strip-metadata.ts';
import { Refusal, storeFull } from '../refusal.ts';
import type { GalleryParts } from '../routes/gallery-parts.ts';
import { bytesOf } from '../store/image-store.ts';
import type { ImageStore } from '../store/image-store.ts';
import { dropStaged } from '../store/stage-original.ts';
import type { StagedOriginal } from '../store/stage-original.ts';

export type AddedImage = { readonly added: boolean; readonly image: StoredImage };

/** Who sent an upload. */
export type Sender = {
  /** Its address: the thumbnails of different clients are made by turns. */
  readonly client: string;
  /** Aborted when it has gone away, or has its reply. */
  readonly gone: AbortSignal;
};

/**
 * Lists an upload that is on disk, without its metadata unless they are kept; `added` is false when the image was there already.
 *
 * @throws Refusal 415 when it is no image that is taken, 422 when it cannot be decoded, 503 when too many are waiting, 507 when the
 * store is full; the upload is gone then, and so it is when its sender goes away.
 */
export async function addImage(
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
export async function stripUpload(
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
