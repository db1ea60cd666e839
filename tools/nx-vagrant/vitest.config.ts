import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

// one machine at a time: two at once starve each other, and their tests
export default mergeConfig(projectTests('nx-vagrant'), defineConfig({ test: { fileParallelism: false } }));
