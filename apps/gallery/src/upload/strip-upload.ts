import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ImageType } from '../images/image-type.ts';
import { withoutMetadata } from '../images/strip-metadata.ts';
import { Refusal } from '../refusal.ts';
import type { ImageStore } from '../store/image-store.ts';
import type { StagedOriginal } from '../store/stage-original.ts';

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
