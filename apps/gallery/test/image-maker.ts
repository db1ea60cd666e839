import { createRequire } from 'node:module';
import Vips from 'wasm-vips';
import { pngImage } from './png-image.ts';

const script = createRequire(import.meta.url)
  .resolve('wasm-vips')
  .replace(/\.js$/, '.mjs');

export type ImageMaker = {
  /** The picture of a seed in a format, e.g. `.jpg`; the options are those of the saver of libvips. */
  readonly encoded: (png: Uint8Array, ending: string, options?: Record<string, unknown>) => Buffer;
  /** Every pixel of every picture, not turned, and how it is to be turned (1 for not at all). */
  readonly opened: (bytes: Uint8Array) => { readonly pixels: Buffer; readonly orientation: number };
  /** Decodes every pixel and returns the size; throws when it cannot. */
  readonly decoded: (bytes: Uint8Array) => { readonly width: number; readonly height: number };
};

/** libvips in this process, for making test images of every format and for opening what the service stored. */
export async function createImageMaker(): Promise<ImageMaker> {
  const vips = await Vips({
    dynamicLibraries: ['vips-heif.wasm'],
    mainScriptUrlOrBlob: script,
    preRun: (module: { ENV: Record<string, string> }) => (module.ENV.VIPS_WARNING = '0'),
    printErr: () => undefined,
  });
  vips.concurrency(1);
  vips.Cache.max(0);
  return {
    encoded(png, ending, options = {}) {
      using image = vips.Image.newFromBuffer(png);
      return Buffer.from(image.writeToBuffer(ending, options));
    },
    opened(bytes) {
      using first = vips.Image.newFromBuffer(bytes);
      const isFilm = first.getTypeof('n-pages') > 0;
      using image = vips.Image.newFromBuffer(bytes, '', { fail_on: 'error', ...(isFilm && { n: -1 }) });
      const orientation = image.getTypeof('orientation') > 0 ? image.getInt('orientation') : 1;
      return { pixels: Buffer.from(image.writeToMemory()), orientation };
    },
    decoded(bytes) {
      using image = vips.Image.newFromBuffer(bytes, '', { fail_on: 'error' });
      if (!Number.isFinite(image.avg())) throw new Error('an image without an average');
      return { width: image.width, height: image.height };
    },
  };
}

/** A picture of each accepted type, small and different by seed. */
export function everyFormat(maker: ImageMaker, seed: number): Readonly<Record<string, Buffer>> {
  const png = pngImage(seed, 96, 64);
  return {
    'image/png': png,
    'image/jpeg': maker.encoded(png, '.jpg'),
    'image/webp': maker.encoded(png, '.webp'),
    'image/gif': maker.encoded(png, '.gif'),
    'image/avif': maker.encoded(png, '.avif', { effort: 0 }),
  };
}
