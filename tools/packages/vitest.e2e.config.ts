import { defineConfig } from 'vitest/config';
import { realLoadTests } from '../../vitest.shared.ts';

/** Measures in a workspace of somebody else's, one after the other. */
export default defineConfig(realLoadTests('packages-e2e', ['src/stranger.e2e.ts']));
