import { defineConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';

export default defineConfig(projectTests('bench', 'faults/*.spec.ts'));
