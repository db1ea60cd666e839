import { defineConfig } from 'vitest/config';
import { realLoadTests } from '../../vitest.shared.ts';

/** Whole runs and trials. */
export default defineConfig(
  realLoadTests('runner-e2e', [
    'src/run/arrival-rates.e2e.ts',
    'src/run/warm-up.e2e.ts',
    'src/trial/measured-trial.e2e.ts',
  ]),
);
