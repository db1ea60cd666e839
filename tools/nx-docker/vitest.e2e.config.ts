import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** Images of apps as people have them: bases of Debian packages, which are fetched, and containers. */
export default mergeConfig(
  projectTests('nx-docker-e2e', 'src/**/*.e2e.ts'),
  defineConfig({ test: { testTimeout: 180_000, hookTimeout: 300_000 } }),
);
