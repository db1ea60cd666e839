import { defineConfig } from 'vitest/config';
import { realLoadTests } from '../../vitest.shared.ts';

/** Whole runs, some of them by Nx itself in a workspace of its own. */
export default defineConfig(realLoadTests('nx-bench-e2e'));
