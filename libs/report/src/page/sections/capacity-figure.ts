import { factorText, figureText } from '../data/figure-text.ts';
import type { WorkloadSubjects } from '../data/page-subject.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { capacityOption } from '../options/capacity-option.ts';
import { chartFigure, colourVariable, legendOf } from '../page-parts.ts';

/** What a search for capacity found about a workload, as the page draws it. */
export type CapacityCurve = {
  readonly workload: string;
  /** The limit as it was asked for: "p99 ≤ 50 ms". */
  readonly limitText: string;
  readonly limitMs: number;
  readonly environments: readonly {
    readonly name: string;
    readonly steps: readonly {
      readonly rateRps: number;
      /** At the quantile of the limit. */
      readonly latencyMs: number;
      readonly meets: boolean;
    }[];
    /** "640 req/s", "at least 900 req/s: the generator is the limit". */
    readonly capacityText: string;
  }[];
};

/** Latency against offered load; nothing where that workload was not searched. */
export function capacityFigure(curves: readonly CapacityCurve[], { workload, subjects }: WorkloadSubjects): Html {
  const curve = curves.find((each) => each.workload === workload);
  const steps = curve?.environments.flatMap((environment) => environment.steps) ?? [];
  if (curve === undefined || steps.length === 0) return nothing;
  const { limitText, limitMs } = curve;
  const lines = curve.environments.map(({ name, steps: own, capacityText }) => {
    const subject = subjects.find((each) => each.name === name);
    const sorted = own.toSorted((a, b) => a.rateRps - b.rateRps);
    return { title: subject?.title ?? name, colourIndex: subject?.colourIndex ?? 0, emulated: subject?.emulated ?? false, steps: sorted, capacityText };
  });
  const texts = lines.map(({ title, capacityText }) => `${title} ${capacityText}`).join(', ');
  return chartFigure({
    caption: markup`<b>Latency against offered load</b>, ms; the line is the limit, ${limitText}; hollow points miss it`,
    legend: legendOf(lines.map(({ title, colourIndex, emulated }) => ({ title, variable: colourVariable(colourIndex), dashed: emulated }))),
    chart: capacityOption(
      lines.map(({ title, steps: own, ...line }) => ({
        ...line,
        steps: own.map((step) => ({
          ...step,
          tip: `${title} at ${figureText(step.rateRps, 'req/s')}: ${figureText(step.latencyMs, 'ms')}, ${factorText(step.latencyMs / limitMs)} of the limit`,
        })),
      })),
      limitMs,
      `Latency of ${workload} against offered load; highest load within ${limitText}: ${texts}.`,
    ),
    beside: true,
    table: {
      label: `${workload}: latency against offered load`,
      head: ['Environment', 'Offered, req/s', 'Latency, ms', limitText],
      rows: lines.flatMap(({ title, steps: own }) =>
        own.map(({ rateRps, latencyMs, meets }) => [title, figureText(rateRps, ''), figureText(latencyMs, ''), meets ? 'meets' : 'misses']),
      ),
    },
  });
} // prettier-ignore
