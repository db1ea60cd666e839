import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { byteSize } from '../text.ts';
import { signatureBytes } from '../images/image-type.ts';
import { Refusal, storeFull } from '../refusal.ts';
import { imageFiles } from './image-store.ts';
import type { ImageStore } from './image-store.ts';

/** An upload that has arrived whole, on disk and not listed. Its bytes are reserved in the budget. */
export type StagedOriginal = {
  readonly folder: string;
  readonly path: string;
  readonly id: string;
  readonly bytes: number;
  /** Its first bytes, for telling its type. */
  readonly start: Uint8Array;
};

/**
 * Writes an upload to disk as it arrives and makes it durable there; it is never whole in memory.
 *
 * @throws Refusal 413 when it is larger than `maxBytes`, 507 when the store is full; whatever the source or the disk fails with.
 * Nothing is left behind then.
 */
export async function stageOriginal(
  store: ImageStore,
  source: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<StagedOriginal> {
  const folder = await store.stagingFolder();
  const path = join(folder, imageFiles.original);
  const hash = createHash('sha256');
  let start = Buffer.alloc(0);
  let bytes = 0;
  try {
    const file = await open(path, 'wx');
    try {
      for await (const chunk of source) {
        if (bytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
        if (!store.budget.reserve(chunk.length)) throw storeFull();
        bytes += chunk.length;
        if (start.length < signatureBytes) start = Buffer.concat([start, chunk]).subarray(0, signatureBytes);
        hash.update(chunk);
        await file.appendFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    store.budget.release(bytes);
    await store.discard(folder);
    throw error;
  }
  return { folder, path, id: hash.digest('hex'), bytes, start: Uint8Array.from(start) };
}

/** Drops an upload that is not going to be listed, and its reservation. */
export async function dropStaged(store: ImageStore, staged: StagedOriginal): Promise<void> {
  store.budget.release(staged.bytes);
  await store.discard(staged.folder);
}

/** The refusal of an image with too many bytes. */
export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `the image is larger than ${byteSize(maxBytes)}, which is the most that is taken`);
}
