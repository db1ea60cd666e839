import type { RunFile } from '@tare/results';
import { planCharts } from './chart-plan.ts';
import { drawChart } from './draw-chart.ts';

export type Chart = {
  /** "primes-startup.svg": safe in any folder, unique in a run. */
  readonly fileName: string;
  readonly workload: string;
  readonly title: string;
  readonly svg: string;
};

/**
 * The pictures of a run as SVG: startup, throughput, mean and p95 latency, CPU and memory of each workload.
 * The same run gives the same bytes.
 */
export function renderCharts(run: RunFile): readonly Chart[] {
  return planCharts(run).map((plan) => ({
    fileName: plan.fileName,
    workload: plan.workload,
    title: plan.title,
    svg: drawChart(plan),
  }));
}
