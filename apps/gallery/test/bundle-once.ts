import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import options from '../esbuild.config.ts';

/** Bundles the service as it ships, once for all tests, and leaves its path in GALLERY_BUNDLE. */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'gallery-bundle-'));
  const outfile = join(folder, 'main.mjs');
  await build({
    ...options,
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24', logLevel: 'error' },
    entryPoints: [join(import.meta.dirname, '../src/main.ts')],
  });
  process.env.GALLERY_BUNDLE = outfile;
  return () => rmSync(folder, { recursive: true, force: true });
}
