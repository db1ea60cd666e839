import { readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';

const wasmVips = createRequire(import.meta.url);

/** What the service carries besides its own code, and where each comes from. */
const sources = {
  'vips.wasm': () => readFileSync(wasmVips.resolve('wasm-vips/vips.wasm')),
  'vips-heif.wasm': () => readFileSync(wasmVips.resolve('wasm-vips/vips-heif.wasm')),
  'vips-node.mjs': () => readFileSync(wasmVips.resolve('wasm-vips').replace(/\.js$/, '.mjs')),
  'icon.svg': () => readFileSync(`${import.meta.dirname}/client/icon.svg`),
  'gallery.css': () => readFileSync(`${import.meta.dirname}/client/gallery.css`),
  'gallery.js': () =>
    Buffer.from(stripTypeScriptTypes(readFileSync(`${import.meta.dirname}/client/gallery.ts`, 'utf8'))),
} as const;

export type EmbeddedName = keyof typeof sources;

/** The names of all that is carried. */
export const embeddedNames: readonly EmbeddedName[] = [
  'vips.wasm',
  'vips-heif.wasm',
  'vips-node.mjs',
  'icon.svg',
  'gallery.css',
  'gallery.js',
];

/**
 * The bytes of something that the service carries. Here they are read from the checkout; the build puts a module in place of
 * this one that has them packed inside (esbuild.config.ts), so that the service is one file.
 */
export function embedded(name: EmbeddedName): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sources[name]());
}
