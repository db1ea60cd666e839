import { defineConfig, mergeConfig } from 'vitest/config';
import { projectTests } from '../../vitest.shared.ts';
import { galleryTests } from './gallery-tests.ts';

export default mergeConfig(defineConfig(projectTests('gallery')), galleryTests);
