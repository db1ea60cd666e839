import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';
import { galleryTests } from './gallery-tests.ts';

/** The long ones: a browser, 2,000 malformed uploads, kills amid uploads. */
export default mergeConfig(defineConfig(projectTests('gallery-e2e', 'test/**/*.e2e.ts')), galleryTests);
