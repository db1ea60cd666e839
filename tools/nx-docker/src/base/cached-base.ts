import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, madeOnce, readRecord } from '@tare/nx-kit';
import { type BaseRecord, baseRecordSchema } from '../records.ts';
import { type BaseOptions, likelyBaseMode, makeBase } from './make-base.ts';

/** A base in this user's cache. */
export type CachedBase = BaseRecord & {
  /** Absolute path of its `rootfs.tar`. */
  readonly rootfs: string;
};

/** Goes up when the same recipe makes another base. */
const layout = 3;

/**
 * The base that a recipe makes, made at most once on this host for each recipe, architecture and Node binary.
 * @param tell gets a line that says what was taken, when it is made.
 * @throws Error in one line with the reason why each way failed.
 */
export async function cachedBase(
  wanted: Pick<BaseOptions, 'recipe' | 'more' | 'architecture' | 'node' | 'engine'> & {
    readonly mode?: BaseOptions['mode'];
  },
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<CachedBase> {
  const { mode = 'auto', recipe, more = [], architecture, node } = wanted;
  const parts = [layout, mode, recipe, more, architecture, node.version, statSync(node.binary).size];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  const folder = cacheFolder('docker', `base-${key}`);
  await madeOnce(folder, async (out) => {
    const made = await makeBase({ ...wanted, mode, likely: likelyBaseMode(architecture), out }, signal);
    tell(baseWords(made));
  });
  const record = readRecord(join(folder, 'base.json'), baseRecordSchema, `Remove ${folder}.`);
  return { ...record, rootfs: join(folder, 'rootfs.tar') };
}

/** What was taken as a base, and why, in one line. */
export function baseWords({ mode, from, nodeVersion, reason }: BaseRecord): string {
  return `base: ${mode} (${from}; Node ${nodeVersion}), because ${reason}`;
}
