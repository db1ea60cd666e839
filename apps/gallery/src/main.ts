import { fileURLToPath } from 'node:url';
import { isMainThread, workerData } from 'node:worker_threads';

// This file is the whole service, so every thread starts here and takes the part that it was started for. The names of the
// threads of libvips are given by wasm-vips; it starts its work by itself when it is imported there.
if (isMainThread) {
  const { serve } = await import('./serve.ts');
  serve(new URL(import.meta.url));
} else if (workerData === 'em-pthread') {
  await import('wasm-vips');
} else {
  const { makeThumbnails } = await import('./thumbnails/make-thumbnails.ts');
  await makeThumbnails(fileURLToPath(import.meta.url));
}
