export { calibrationSchema, type Calibration } from './calibration-file.ts';
export { isGood, summariseCalibration, type CalibrationSummary } from './calibration-summary.ts';
export { readCalibration } from './read-calibration.ts';
