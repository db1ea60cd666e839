import { transformSync } from 'esbuild';
import type { BuildOptions, Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundleNotices } from '../../bundle-notices.ts';
import { embedded, embeddedNames } from './src/embedded.ts';
import type { EmbeddedName } from './src/embedded.ts';

const clientScript = new URL('src/client/gallery.ts', import.meta.url);

/** Puts a module with the bytes inside in place of src/embedded.ts, which reads them from disk. */
const embedding: Plugin = {
  name: 'embedding',
  setup(build) {
    build.onLoad({ filter: /[\\/]gallery[\\/]src[\\/]embedded\.ts$/ }, () => {
      const packed = Object.fromEntries(embeddedNames.map((name) => [name, packedText(bytesOf(name))]));
      return {
        loader: 'js',
        contents: `
          import { brotliDecompressSync } from 'node:zlib';
          const packed = ${JSON.stringify(packed)};
          export function embedded(name) {
            const { buffer, byteOffset, length } = brotliDecompressSync(Buffer.from(packed[name], 'base64'));
            return new Uint8Array(buffer, byteOffset, length);
          }
        `,
      };
    });
  },
};

function bytesOf(name: EmbeddedName): Uint8Array {
  if (name !== 'gallery.js') return embedded(name);
  return Buffer.from(
    transformSync(readFileSync(clientScript, 'utf8'), { loader: 'ts', minify: true, format: 'iife' }).code,
  );
}

function packedText(bytes: Uint8Array): string {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).toString('base64');
}

/** How the service is made one file; the rest is in the target `build` of package.json. */
const options: BuildOptions = {
  outExtension: { '.js': '.mjs' },
  // A file with other characters takes twice the memory in every thread that reads it.
  charset: 'ascii',
  plugins: [
    embedding,
    bundleNotices({
      'wasm-vips': {
        text: `The libraries named below are in the WebAssembly modules of this package, as they are published: libvips, glib, libheif
and libexif under the LGPL, version 3. Their sources, and how they are built: https://github.com/kleisauke/wasm-vips, by the
versions below. To use another build of them, put it in place of node_modules/wasm-vips and build main.mjs again:
npx nx run gallery:build.`,
        files: ['LGPL-3.0.txt', 'GPL-3.0.txt'].map((name) => new URL(`licences/${name}`, import.meta.url)),
      },
    }),
  ],
};

export default options;
