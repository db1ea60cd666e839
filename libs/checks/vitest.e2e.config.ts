import { defineConfig } from 'vitest/config';
import { realLoadTests } from '../../vitest.shared.ts';

/** The long ones: whole searches, gates and comparisons of real processes. */
export default defineConfig(realLoadTests('checks-e2e'));
