import type { CapacityFile } from '@tare/results';
import type { Chart } from '../charts/render-charts.ts';
import { planCapacityCharts } from './capacity-chart-plan.ts';
import { drawCapacityChart } from './draw-capacity-chart.ts';

/**
 * The pictures of a capacity file as SVG: for each workload latency against offered load, all environments on one pair of
 * axes. The same file gives the same bytes.
 */
export function renderCapacityCharts(file: CapacityFile): readonly Chart[] {
  return planCapacityCharts(file).map((plan) => ({
    fileName: plan.fileName,
    workload: plan.workload,
    title: plan.title,
    svg: drawCapacityChart(plan),
  }));
}
