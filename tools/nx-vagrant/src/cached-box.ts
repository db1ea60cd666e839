import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile, hashFolder } from '@tare/environment';
import { cacheFolder, hostArchitecture, madeOnce } from '@tare/nx-kit';
import { type BoxOrder, buildTraits, likelyBoxMode, makeBox, usualPublicBox } from './box.ts';
import { type BoxRecord, type Provider, readBoxRecord } from './records.ts';

/** A box, and the absolute path of the folder with its `box.json`. */
export type FoundBox = { readonly record: BoxRecord; readonly folder: string };

/**
 * The box of a recipe with Debian packages in it, made at most once on this host for each recipe, choice of packages and Node.
 * @param tell gets a line when it is made, which takes a minute.
 * @throws Error in one line when it cannot be built.
 */
export async function cachedBox(
  {
    provider,
    tell,
    ...wanted
  }: Pick<BoxOrder, 'mode' | 'recipe' | 'node'> & {
    readonly packages: readonly string[];
    readonly provider: Provider;
    readonly tell: (line: string) => void;
  },
  signal: AbortSignal,
): Promise<FoundBox> {
  const { recipe, node, packages, mode } = wanted;
  const host = { provider, architecture: hostArchitecture(), ...decided(provider) };
  // Vagrant's own state may lie beside them
  const content = [
    await hashFile(join(recipe, 'build-box.sh')),
    await hashFolder(join(recipe, 'box'), signal),
  ];
  const parts = [mode, host, content, packages, node.version, statSync(node.binary).size];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  const folder = cacheFolder('vagrant', `box-${key}`);
  await madeOnce(folder, async (out) => {
    const order = { ...wanted, host, publicBox: usualPublicBox, out, onLine: () => undefined };
    const made = await makeBox(order, signal);
    tell(`box ${made.name}: ${made.mode} (${made.from}), because ${made.reason}`);
  });
  return { record: readBoxRecord(folder, `Remove ${folder}.`), folder };
}

function decided(provider: Provider) {
  const { mode: box, reason } = likelyBoxMode(buildTraits(provider));
  return { box, reason };
}
