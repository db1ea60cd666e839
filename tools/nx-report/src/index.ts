export type { ReportOptions } from './executors/report/executor.ts';
