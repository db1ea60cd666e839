import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

export default mergeConfig(
  defineConfig(projectTests('gallery')),
  defineConfig({ test: { globalSetup: ['src/testing/bundle-once.ts'] } }),
);
