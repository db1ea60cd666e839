import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, readdirSync, rmSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storedImageFrom } from '../images/stored-image.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { shown } from '../text.ts';
import { createListing } from './listing.ts';
import type { Listing } from './listing.ts';

/**
 * Images on disk. Each is built in a folder of its own under `.incoming`, made durable there, and moved to `images/<id>` by
 * one rename: at any moment an image is either wholly there or not at all. One process at a time may have the folder.
 */
export type ImageStore = {
  readonly listing: Listing;
  readonly budget: StoreBudget;
  /** A new, empty folder to build an image in. */
  stagingFolder(): Promise<string>;
  /** Removes a staging folder, whatever it has. */
  discard(folder: string): Promise<void>;
  /**
   * Lists the image that was built in a staging folder; its bytes must be reserved in the budget. When there is such an image
   * already, that one is given back, and the new one and its reservation are dropped.
   */
  publish(
    folder: string,
    image: StoredImage,
    thumbnail: Uint8Array,
  ): Promise<{ readonly added: boolean; readonly image: StoredImage }>;
  /** Removes an image; false when there is none of that id. */
  remove(id: string): Promise<boolean>;
  /** Where the bytes of a listed image are. */
  pathOf(id: string, file: 'original' | 'thumbnail'): string;
};

/** The bytes that an image takes of the budget. */
export function bytesOf(image: StoredImage): number {
  return image.bytes + image.thumbnail.bytes;
}

/**
 * Opens the store in a folder, which is made when it is not there: lists what is on disk, and removes what uploads left behind
 * that were cut off by the end of an earlier process.
 *
 * @throws Error with one line when the folder cannot be made or written.
 */
export function openImageStore(
  uploadsDir: string,
  maxBytes: number,
  log: (text: string) => void,
): ImageStore {
  const [incoming, images] = [join(uploadsDir, '.incoming'), join(uploadsDir, 'images')];
  makeWritable(uploadsDir, [incoming, images]);
  for (const left of readdirSync(incoming)) rmSync(join(incoming, left), { recursive: true, force: true });

  const found = readImages(images, log);
  const listing = createListing(found);
  // Without a limit here: what is there already counts, even when it is more than is allowed now.
  const already = found.reduce((sum, image) => sum + bytesOf(image), 0);
  const budget = createStoreBudget(maxBytes);
  budget.release(-already);

  const discard = (folder: string) => rm(folder, { recursive: true, force: true });
  const moveAway = async (id: string) => {
    const away = join(incoming, randomUUID());
    await rename(join(images, id), away);
    return away;
  };
  const inTurn = oneAtATime();
  return {
    listing,
    budget,
    discard,
    async stagingFolder() {
      const folder = join(incoming, randomUUID());
      await mkdir(folder);
      return folder;
    },
    async publish(folder, image, thumbnail) {
      await writeDurably(join(folder, imageFiles.thumbnail), thumbnail);
      await writeDurably(join(folder, imageFiles.facts), JSON.stringify(image));
      await flush(folder);
      return inTurn(image.id, async () => {
        const present = listing.get(image.id);
        if (present !== undefined) {
          budget.release(bytesOf(image));
          await discard(folder);
          return { added: false, image: present };
        }
        if (!(await moved(folder, join(images, image.id)))) {
          // What is there and not listed is damaged.
          const damaged = await moveAway(image.id);
          await rename(folder, join(images, image.id));
          await discard(damaged);
        }
        listing.add(image);
        await flush(images);
        return { added: true, image };
      });
    },
    remove(id) {
      return inTurn(id, async () => {
        const image = listing.get(id);
        if (image === undefined) return false;
        const away = await moveAway(id);
        listing.remove(id);
        await flush(images);
        await discard(away);
        budget.release(bytesOf(image));
        return true;
      });
    },
    pathOf: (id, file) => join(images, id, imageFiles[file]),
  };
}

function makeWritable(uploadsDir: string, folders: readonly string[]): void {
  try {
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    }
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Error(
      `UPLOADS_DIR is ${shown(uploadsDir)}, which cannot be made or written (${reason}); make it writable, or set UPLOADS_DIR to a folder that is`,
      { cause },
    );
  }
}

/** Lets one piece of work at a time run for each id, in the order in which they come. */
function oneAtATime() {
  const last = new Map<string, Promise<unknown>>();
  return async <Result>(id: string, work: () => Promise<Result>): Promise<Result> => {
    const mine = (last.get(id) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => undefined);
    last.set(id, settled);
    await settled;
    if (last.get(id) === settled) last.delete(id);
    return mine;
  };
}

/** Moves a folder to where there is none yet; false when there is one. */
async function moved(folder: string, target: string): Promise<boolean> {
  try {
    await rename(folder, target);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: 'wx', flush: true });
}

/** Makes the entries of a folder durable. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The files in the folder of one image; none of them is named by the uploader. */
export const imageFiles = { original: 'original', thumbnail: 'thumbnail.webp', facts: 'image.json' } as const;

/**
 * The images in a folder that has a folder for each, named by its id. A folder whose facts cannot be read, or whose files are
 * not of the size that the facts give, is left out and told of.
 */
function readImages(folder: string, log: (text: string) => void): readonly StoredImage[] {
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

type StoreBudget = {
  readonly usedBytes: number;
  /** Takes some bytes if there is room for them, and says whether there was. */
  reserve(bytes: number): boolean;
  /** Gives bytes back. */
  release(bytes: number): void;
};

/** An account of the bytes on disk, those of uploads under way included, so that uploads side by side cannot overfill it. */
export function createStoreBudget(maxBytes: number): StoreBudget {
  let usedBytes = 0;
  return {
    get usedBytes() {
      return usedBytes;
    },
    reserve(bytes) {
      if (usedBytes + bytes > maxBytes) return false;
      usedBytes += bytes;
      return true;
    },
    release(bytes) {
      usedBytes -= bytes;
    },
  };
}
