import type { CapacityFile } from '@tare/results';
import { environmentColours } from '../charts/palette.ts';
import { oneLine } from '../safe-text.ts';
import { capacityCurves, type CapacityPoint } from './capacity-curves.ts';
import { passesText } from './capacity-notes.ts';
import { logAxis, type LogAxis } from './log-axis.ts';

/** A curve of a chart: latency against offered load in one environment. */
export type CapacityChartLine = {
  /** "docker: 168.2 req/s". */
  readonly label: string;
  readonly colour: string;
  /** An emulated environment: drawn with dashes. */
  readonly dashed: boolean;
  readonly points: readonly CapacityPoint[];
  /** One corner per rate, from the lowest: the median over its steps that say something about the server. */
  readonly corners: readonly { readonly rateRps: number; readonly latencyMs: number }[];
};

/** What a capacity chart shows: everything but the drawing. */
export type CapacityChartPlan = {
  readonly fileName: string;
  readonly workload: string;
  readonly title: string;
  readonly subtitle: string;
  readonly limitText: string;
  readonly limitMs: number;
  readonly x: LogAxis;
  readonly y: LogAxis;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly CapacityChartLine[];
};

const mostXTicks = 12;
const mostYTicks = 8;

/** One chart per workload that has steps. */
export function planCapacityCharts(file: CapacityFile): readonly CapacityChartPlan[] {
  const { slo, passes } = file.config;
  const names = new Set<string>();
  return capacityCurves(file).map(({ workload, limitText, limitMs, environments }) => {
    const steps = environments.flatMap((environment) => environment.steps);
    return {
      fileName: unusedName(fileNamePart(workload), names),
      workload,
      title: `${oneLine(workload)}: latency against offered load`,
      subtitle: `filled: meets ${limitText}; hollow: misses it; cross: the generator was the limit; ${passesText(passes)}`,
      limitText,
      limitMs,
      x: logAxis(
        steps.map(({ rateRps }) => rateRps),
        mostXTicks,
      ),
      y: logAxis([limitMs, ...steps.map(({ latencyMs }) => latencyMs)], mostYTicks),
      xTitle: 'offered load, req/s',
      yTitle: `p${slo.percentile} of latency, ms`,
      lines: environments.map(({ title, emulated, steps: points, capacityText }, place) => ({
        label: `${oneLine(title)}: ${capacityText}`,
        colour: environmentColours[place % environmentColours.length] ?? environmentColours[0],
        dashed: emulated,
        points,
        corners: cornersOf(points),
      })),
    };
  });
}

function cornersOf(points: readonly CapacityPoint[]): CapacityChartLine['corners'] {
  const telling = points.filter(({ outcome, latencyMs }) => outcome !== 'generator-limited' && latencyMs > 0);
  return [...Map.groupBy(telling, ({ rateRps }) => rateRps)].map(([rateRps, atRate]) => {
    const sorted = atRate.map(({ latencyMs }) => latencyMs).sort((one, other) => one - other);
    const middle = (sorted.length - 1) / 2;
    const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
    return { rateRps, latencyMs: (low + high) / 2 };
  });
}

/** The name of a workload as a part of a file name: "a/b c" is "a-b-c". */
function fileNamePart(workload: string): string {
  return workload.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'workload';
}

/** Two names may become the same file name: the later gets a number. Remembers the name. */
function unusedName(part: string, taken: Set<string>): string {
  let name = `${part}.svg`;
  for (let number = 2; taken.has(name); number += 1) name = `${part}-${number}.svg`;
  taken.add(name);
  return name;
}
