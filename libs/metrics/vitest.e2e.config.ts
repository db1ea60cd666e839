import { defineConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

/** Real loads, whose times are the point. */
export default defineConfig(projectTests('metrics-e2e', 'src/**/*.e2e.ts'));
