import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** The apps as they are delivered, in a browser. */
export default mergeConfig(
  projectTests('bench-e2e', 'test/**/*.e2e.ts'),
  defineConfig({ test: { testTimeout: 300_000 } }),
);
