import type { ReportModel } from '../model/report-model.ts';
import { fileNamePart } from '../model/words.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import type { Chart } from '../plot/chart.ts';
import { barCharts } from './bars.ts';
import { capacityChart, type WorkloadCapacity } from './capacity.ts';
import { latencyCurvesChart } from './latency-curves.ts';
import { freshInstancesChart, loadWindowCharts } from './over-time.ts';
import { startupCharts } from './startup.ts';

/** Charts that belong together. */
export type ChartGroup = {
  readonly heading?: string;
  readonly note?: string;
  readonly charts: readonly Chart[];
};

/** How the environments behaved within the trials of a workload. A new chart of the page is one more entry. */
export function withinTrials(
  workload: WorkloadModel,
  { warmUp }: Pick<ReportModel, 'warmUp'>,
  capacities: readonly WorkloadCapacity[],
): readonly ChartGroup[] {
  const colours = new Map(workload.subjects.map(({ name, colour }) => [name, colour]));
  const capacity = capacities.find((each) => each.workload === workload.name);
  const groups: readonly ChartGroup[] = [
    { charts: [latencyCurvesChart(workload) ?? []].flat() },
    { charts: capacity === undefined ? [] : [capacityChart(capacity, (name) => colours.get(name) ?? 0) ?? []].flat() },
    { charts: [...loadWindowCharts(workload), ...freshInstancesChart(workload, warmUp)] },
    {
      heading: 'Startup, stage by stage',
      note: 'medians of the cold starts that the trials went on with; each environment on a scale of its own',
      charts: startupCharts(workload),
    },
  ];
  return groups.filter(({ charts }) => charts.length > 0);
} // prettier-ignore

/** A chart of a run that is a file too. */
export type ChartFile = {
  /** "primes-startup.svg": safe in any folder, unique in a run. */
  readonly fileName: string;
  readonly workload: string;
  /** "primes: startup time". */
  readonly title: string;
  readonly notes: readonly string[];
  readonly chart: Chart;
};

/** The charts of a run that are files too, in the order in which they are shown. A new one is one more entry. */
export function chartFiles({ workloads }: Pick<ReportModel, 'workloads'>): readonly ChartFile[] {
  const names = new Set<string>();
  return workloads.flatMap((workload) => {
    const prefix = fileNamePart(workload.name, names);
    return barCharts(workload).flatMap((chart) => {
      const { picture } = chart.figure;
      if (picture === undefined) return [];
      const title = `${workload.name}: ${picture.title}`;
      return [
        {
          fileName: `${prefix}-${picture.file}.svg`,
          workload: workload.name,
          title,
          notes: chart.notes,
          chart,
        },
      ];
    });
  });
}
