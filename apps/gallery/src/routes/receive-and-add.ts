import type { IncomingMessage } from 'node:http';
import { Refusal } from '../refusal.ts';
import { addImage } from '../upload/add-image.ts';
import type { AddedImage } from '../upload/add-image.ts';
import { receiveForm, receiveImage } from '../upload/receive-uploads.ts';
import type { GalleryParts } from './gallery-parts.ts';
import { checkOrigin, takeTurn } from './take-turn.ts';

export type RefusedFile = { readonly fileName: string; readonly refusal: Refusal };

export type FormOutcome = {
  readonly images: readonly AddedImage[];
  readonly refused: readonly RefusedFile[];
};

/** Takes the image that is the body of a request. @throws Refusal with what is wrong. */
export async function addBody(incoming: IncomingMessage, parts: GalleryParts): Promise<AddedImage> {
  checkOrigin(incoming);
  takeTurn(incoming, parts.rateLimit);
  const staged = await receiveImage(incoming, parts.store, parts.limits);
  return addImage(staged, '', parts.store, parts.thumbnailer);
}

/** Takes the images of a form, each for itself. @throws Refusal with what is wrong with the form as a whole. */
export async function addForm(incoming: IncomingMessage, parts: GalleryParts): Promise<FormOutcome> {
  checkOrigin(incoming);
  takeTurn(incoming, parts.rateLimit);
  const received = await receiveForm(incoming, parts.store, parts.limits);
  const images: AddedImage[] = [];
  const refused: RefusedFile[] = [];
  for (const { fileName, outcome } of received) {
    if (outcome instanceof Refusal) {
      refused.push({ fileName, refusal: outcome });
      continue;
    }
    try {
      images.push(await addImage(outcome, fileName, parts.store, parts.thumbnailer));
    } catch (error) {
      if (!(error instanceof Refusal)) parts.log(`${String(error instanceof Error ? error.stack : error)}\n`);
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'the image could not be stored');
      refused.push({ fileName, refusal });
    }
  }
  return { images, refused };
}

/** Whether the body of a request is a form with files. */
export function isForm(incoming: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(incoming.headers['content-type'] ?? '');
}
