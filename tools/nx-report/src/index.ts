export { default as report } from './executors/report/executor.ts';
export type { ReportOptions } from './executors/report/executor.ts';
export { default as trend } from './executors/trend/executor.ts';
export { tables } from './options.ts';
