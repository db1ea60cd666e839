/** What the janitor of a killed calibration loads: it needs the environments alone, to reap what they had started. */
import { defineBench } from '@tare/runner';
import { comparisonConfig } from './real-runs.ts';

export default defineBench(comparisonConfig({ rounds: 1, warmupMs: 0, windowMs: 1 }, [], 0));
