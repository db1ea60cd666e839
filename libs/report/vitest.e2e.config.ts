import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** What takes a browser: one for all. */
export default mergeConfig(
  defineConfig(projectTests('report-e2e', 'src/**/*.e2e.ts')),
  defineConfig({ test: { globalSetup: 'fixtures/browser.ts' } }),
);
