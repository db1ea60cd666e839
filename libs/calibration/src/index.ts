export { calibrate, checkLine, type CalibrationOptions } from './calibrate.ts';
export { defaultSizes, type CalibrationSizes } from './calibration-sizes.ts';
export {
  calibrationParts,
  calibrationSchema,
  calibrationSchemaVersion,
  type Calibration,
  type CalibrationPart,
  type Check,
  type CheckItem,
  type Share,
  type Spread,
} from './result/calibration-file.ts';
export { calibrationMarkdown } from './result/calibration-markdown.ts';
export { isGood, summariseCalibration, type CalibrationSummary } from './result/calibration-summary.ts';
export { readCalibration } from './result/read-calibration.ts';
export { calibrationPath, writeCalibration } from './result/write-calibration.ts';
