/** The configuration for the janitor of a killed calibration, which needs only the environments, to reap their processes. */
import { defineBench } from '@tare/runner';
import { comparisonConfig } from './real-runs.ts';

export default defineBench(comparisonConfig({ rounds: 1, warmupMs: 0, windowMs: 1 }, [], 0));
