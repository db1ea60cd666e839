import { listed } from './plain-text.ts';
import type { Subject } from './subjects.ts';

/** Where the latencies of a workload come from. */
export type LatencySource = {
  /**
   * "Latency is from the open loop at 3300 req/s (50 % of what docker, the slowest, can serve), measured from the planned time of
   * sending; vagrant (emulated) at 660 req/s."
   */
  readonly text: string;
  /** The same in few words, for a picture: "open loop at 3300 req/s", "closed loop". */
  readonly short: string;
};

/** Environments whose latencies were taken in the same way; a rate of null stands for the closed loop. */
type Source = { readonly rateRps: number | null; readonly titles: readonly string[] };

/** @param throughputOf mean throughput of an environment by its name, in requests per second. */
export function latencySource(
  subjects: readonly Subject[],
  throughputOf: (name: string) => number | undefined,
): LatencySource {
  const sources = sourcesOf(subjects);
  const [first, ...others] = sources;
  if (first === undefined) return { text: '', short: '' };
  if (sources.every(({ rateRps }) => rateRps === null)) {
    return {
      text: 'Latency is from the closed loop, where requests wait for each other: it says nothing beyond throughput.',
      short: 'closed loop',
    };
  }
  const rest = others.map(({ rateRps, titles }) =>
    rateRps === null ? `${listed(titles)} from the closed loop` : `${listed(titles)} at ${rateText(rateRps)}`,
  );
  const start =
    first.rateRps === null
      ? `Latency is from the closed loop for ${listed(first.titles)}`
      : `Latency is from the open loop at ${rateText(first.rateRps)}${shareOfSlowest(subjects, throughputOf, first.rateRps)}, measured from the planned time of sending`;
  const isMixed = others.length > 0 ? ', some at another rate' : '';
  return {
    text: `${[start, ...rest].join('; ')}.`,
    short: first.rateRps === null ? 'closed loop' : `open loop at ${rateText(first.rateRps)}${isMixed}`,
  };
}

/** The rates of a workload; that of most environments first, then in the order of the subjects. */
function sourcesOf(subjects: readonly Subject[]): readonly Source[] {
  const of = new Map<number | null, string[]>();
  for (const { title, trials } of subjects) {
    for (const rate of new Set(trials.map(({ open }) => open?.rateRps ?? null))) {
      of.set(rate, [...(of.get(rate) ?? []), title]);
    }
  }
  return [...of]
    .map(([rateRps, titles]) => ({ rateRps, titles }))
    .toSorted((a, b) => b.titles.length - a.titles.length);
}

/** The rate as a share of what the slowest of those with that rate can serve: that is how loaded they were. */
function shareOfSlowest(
  subjects: readonly Subject[],
  throughputOf: (name: string) => number | undefined,
  rateRps: number,
): string {
  const [slowest] = subjects
    .filter(({ trials }) => trials.some(({ open }) => open?.rateRps === rateRps))
    .flatMap(({ name }) => ({ name, rps: throughputOf(name) ?? 0 }))
    .filter(({ rps }) => rps > 0)
    .toSorted((a, b) => a.rps - b.rps);
  if (slowest === undefined) return '';
  return ` (${((rateRps / slowest.rps) * 100).toFixed(0)} % of what ${slowest.name}, the slowest, can serve)`;
}

function rateText(rateRps: number): string {
  return `${Number(rateRps.toPrecision(4))} req/s`;
}
