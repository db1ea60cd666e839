import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** Real VMs: one machine at a time, for two at once starve each other, and their tests. */
export default mergeConfig(
  projectTests('nx-vagrant-e2e', 'src/**/*.e2e.ts'),
  defineConfig({ test: { fileParallelism: false } }),
);
