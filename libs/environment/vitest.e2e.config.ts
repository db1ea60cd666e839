import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** Every environment of this library, for real: start, meter, stop, what is left of one that was killed. */
export default mergeConfig(
  projectTests('environment-e2e', 'src/**/*.e2e.ts'),
  defineConfig({ test: { testTimeout: 60_000 } }),
);
