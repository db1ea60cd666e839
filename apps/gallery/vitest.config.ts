import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

export default mergeConfig(
  defineConfig(projectTests('gallery')),
  // Browsers and libvips are slow to start when many tests run at once.
  defineConfig({
    test: {
      maxWorkers: 2,
      globalSetup: ['src/testing/bundle-once.ts'],
      testTimeout: 90_000,
      hookTimeout: 180_000,
    },
  }),
);
