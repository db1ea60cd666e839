import type { ReportModel } from '../model/report-model.ts';
import { fileNamePart } from '../model/words.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import type { Chart } from '../plot/chart.ts';
import { barCharts } from './bars.ts';
import { capacityChart, type WorkloadCapacity } from './capacity.ts';
import { latencyCurvesChart } from './latency-curves.ts';
import { ladderChart } from './ladder.ts';
import { freshInstancesChart, loadWindowCharts } from './over-time.ts';
import { startupCharts } from './startup.ts';

/** Charts that belong together. */
type ChartGroup = {
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
type ChartFile = {
  /** "primes-startup.svg": safe in any folder, unique in a run. */
  readonly fileName: string;
  readonly workload: string;
  /** Where a document shows it: with the ladder, or with the metrics of its workload. */
  readonly belongsTo: 'ladder' | 'metrics';
  /** "primes: startup time". */
  readonly title: string;
  readonly notes: readonly string[];
  readonly chart: Chart;
};

/** The charts of a run that are files too, in the order in which they are shown. A new one is one more entry. */
export function chartFiles({
  workloads,
  ladder,
}: Pick<ReportModel, 'workloads' | 'ladder'>): readonly ChartFile[] {
  const names = new Set<string>();
  return workloads.flatMap((workload) => {
    const prefix = fileNamePart(workload.name, names);
    const ofLadder = ladder?.workloads.find((each) => each.key === workload.key);
    const bars = barCharts(workload).flatMap((chart): readonly ChartFile[] => {
      const { picture } = chart.figure;
      if (picture === undefined) return [];
      const title = `${workload.name}: ${picture.title}`;
      return [
        {
          fileName: `${prefix}-${picture.file}.svg`,
          workload: workload.name,
          belongsTo: 'metrics',
          title,
          notes: chart.notes,
          chart,
        },
      ];
    });
    if (ladder === undefined || ofLadder === undefined) return bars;
    const chart = ladderChart(ofLadder, ladder.missing);
    const file: ChartFile = {
      fileName: `${prefix}-ladder.svg`,
      workload: workload.name,
      belongsTo: 'ladder',
      title: `${workload.name}: what each step of isolation costs`,
      notes: [chart.caption.text],
      chart,
    };
    return [file, ...bars];
  });
}
