import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { storedImageFrom } from '../images/stored-image.ts';
import type { StoredImage } from '../images/stored-image.ts';

/** The files in the folder of one image; none of them is named by the uploader. */
export const imageFiles = { original: 'original', thumbnail: 'thumbnail.webp', facts: 'image.json' } as const;

/**
 * The images in a folder that has a folder for each, named by its id. A folder whose facts cannot be read, or whose files are
 * not of the size that the facts give, is left out and told of.
 */
export function readImages(folder: string, log: (text: string) => void): readonly StoredImage[] {
  return readdirSync(folder).flatMap((id) => {
    const image = readImage(folder, id);
    if (image === undefined) log(`${join(folder, id)} is not a whole image; it is not listed\n`);
    return image ?? [];
  });
}

/** The image of one folder; undefined when it is not whole. */
function readImage(folder: string, id: string): StoredImage | undefined {
  try {
    const sizeOf = (file: string) => statSync(join(folder, id, file)).size;
    const image = storedImageFrom(readFileSync(join(folder, id, imageFiles.facts), 'utf8'));
    if (image?.id !== id || image.bytes !== sizeOf(imageFiles.original)) return undefined;
    return image.thumbnail.bytes === sizeOf(imageFiles.thumbnail) ? image : undefined;
  } catch {
    return undefined;
  }
}
