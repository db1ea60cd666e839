import { defineConfig } from 'vitest/config';

/** Browsers and libvips are slow to start when many tests run at once. */
export const galleryTests = defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup: ['test/bundle-once.ts'],
    testTimeout: 90_000,
    hookTimeout: 180_000,
  },
});
