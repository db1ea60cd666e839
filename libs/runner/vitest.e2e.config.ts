import { defineConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** Whole runs and trials. */
export default defineConfig(projectTests('runner-e2e', 'src/**/*.e2e.ts'));
