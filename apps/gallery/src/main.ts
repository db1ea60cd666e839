import { isMainThread } from 'node:worker_threads';

// This file is the whole service, so the thread for thumbnails starts here as well.
if (isMainThread) {
  const { serve } = await import('./serve.ts');
  serve(new URL(import.meta.url));
} else {
  const { makeThumbnails } = await import('./thumbnails/make-thumbnails.ts');
  await makeThumbnails();
}
