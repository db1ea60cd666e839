import { transformSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { embedded, embeddedNames } from './src/embedded.ts';

const clientScript = new URL('src/client/gallery.ts', import.meta.url);

/** Puts a module with the bytes inside in place of src/embedded.ts, which reads them from disk. */
const embedding = {
  name: 'embedding',
  setup(build) {
    build.onLoad({ filter: /[\\/]gallery[\\/]src[\\/]embedded\.ts$/ }, () => {
      const script = transformSync(readFileSync(clientScript, 'utf8'), { loader: 'ts', minify: true }).code;
      const bytesOf = (name) => (name === 'gallery.js' ? Buffer.from(script) : embedded(name));
      const packed = embeddedNames.map((name) => [name, packedText(bytesOf(name))]);
      return {
        loader: 'js',
        contents: `
          import { brotliDecompressSync } from 'node:zlib';
          const packed = ${JSON.stringify(Object.fromEntries(packed))};
          export const embedded = (name) => Uint8Array.from(brotliDecompressSync(Buffer.from(packed[name], 'base64')));
        `,
      };
    });
  },
};

function packedText(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).toString('base64');
}

export default {
  outExtension: { '.js': '.mjs' },
  plugins: [embedding],
  // The parser of forms is CommonJS and asks for the modules of Node.
  banner: {
    js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
  },
};
