import { defineConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** What runs Nx itself in a workspace of its own. */
export default defineConfig(projectTests('nx-bench-e2e', 'src/**/*.e2e.ts'));
