import type { HttpBindings } from '@hono/node-server';
import type { IncomingMessage } from 'node:http';
import { Refusal, refusalOf } from '../refusal.ts';
import { addImage } from '../upload/add-image.ts';
import type { AddedImage, Sender } from '../upload/add-image.ts';
import { dropReceived, receiveForm, receiveImage } from '../upload/receive-uploads.ts';
import type { GalleryParts } from './gallery-parts.ts';
import { takeTurn } from '../http/rate-limit.ts';
import { checkOrigin } from '../http/same-origin.ts';

export type RefusedFile = { readonly fileName: string; readonly refusal: Refusal };

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
