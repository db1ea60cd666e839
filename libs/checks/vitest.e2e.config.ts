import { defineConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** The long ones: whole searches, gates and comparisons of real processes. */
export default defineConfig(projectTests('checks-e2e', 'src/**/*.e2e.ts'));
