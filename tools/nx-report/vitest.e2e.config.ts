import { defineConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** Whole reports, with their PNGs. */
export default defineConfig(projectTests('nx-report-e2e', 'src/**/*.e2e.ts'));
