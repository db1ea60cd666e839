import { defineConfig } from 'vitest/config';
import { realLoadTests } from '../../vitest.shared.ts';

/** What runs Nx itself in a workspace of its own. */
export default defineConfig(realLoadTests('nx-bench-e2e'));
