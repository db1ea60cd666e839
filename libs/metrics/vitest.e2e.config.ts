import { defineConfig } from 'vitest/config';
import { realLoadTests } from '../../vitest.shared.ts';

/** Real loads, whose times are the point. */
export default defineConfig(
  realLoadTests('metrics-e2e', ['src/host/host-activity.e2e.ts', 'src/load/known-latency.e2e.ts']),
);
