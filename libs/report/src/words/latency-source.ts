import type { RunFile, Trial } from '@tare/results';
import { measuredColumns } from '../metric-table.ts';
import { oneLine } from '../safe-text.ts';
import { listed } from './listed.ts';

/** Environments whose latencies were taken in the same way; a rate of null stands for the closed loop. */
type Source = { readonly rateRps: number | null; readonly environments: readonly string[] };

/**
 * Where the latencies of a workload come from, in plain text: "Latency is from the open loop at 3300 req/s, counted from the
 * planned time of sending; vagrant (emulated) at 660 req/s." Without an open loop it says that latency repeats throughput.
 */
export function latencySource(run: RunFile, workload: string): string {
  const sources = sourcesOf(run, workload);
  const [first, ...others] = sources;
  if (first === undefined) return '';
  if (sources.every(({ rateRps }) => rateRps === null)) {
    return 'Latency is from the closed loop, where it only repeats the throughput: requests wait for each other.';
  }
  const rest = others.map(({ rateRps, environments }) =>
    rateRps === null
      ? `${listed(environments)} from the closed loop`
      : `${listed(environments)} at ${rateText(rateRps)}`,
  );
  const start =
    first.rateRps === null
      ? `Latency is from the closed loop for ${listed(first.environments)}`
      : `Latency is from the open loop at ${rateText(first.rateRps)}${shareOfSlowest(run, workload, first.rateRps)}, counted from the planned time of sending`;
  return `${[start, ...rest].join('; ')}.`;
}

/** The same in few words, for a picture: "open loop at 3300 req/s", "closed loop". */
export function latencySourceShort(run: RunFile, workload: string): string {
  const [first, ...others] = sourcesOf(run, workload);
  if (first === undefined) return '';
  const rest = others.length === 0 ? '' : ', some at another rate';
  return first.rateRps === null ? 'closed loop' : `open loop at ${rateText(first.rateRps)}${rest}`;
}

/** The rates of a workload; that of most environments first, then in the order of the run. */
function sourcesOf(run: RunFile, workload: string): readonly Source[] {
  const of = new Map<number | null, string[]>();
  for (const { environment, title } of measuredColumns(run, workload, run.config.baseline)) {
    const rates = new Set(trialsOf(run, workload, environment).map(({ open }) => open?.rateRps ?? null));
    for (const rate of rates) of.set(rate, [...(of.get(rate) ?? []), oneLine(title)]);
  }
  return [...of]
    .map(([rateRps, environments]) => ({ rateRps, environments }))
    .toSorted((a, b) => b.environments.length - a.environments.length);
}

/** The rate as a share of what the slowest of those with that rate can do: that is how loaded they were. */
function shareOfSlowest(run: RunFile, workload: string, rateRps: number): string {
  const slowest = measuredColumns(run, workload, run.config.baseline)
    .filter(({ environment }) =>
      trialsOf(run, workload, environment).some(({ open }) => open?.rateRps === rateRps),
    )
    .flatMap(({ environment }) => {
      const rps = run.summary[workload]?.[environment]?.throughputRps?.mean;
      return rps === undefined || rps <= 0 ? [] : [{ environment, rps }];
    })
    .toSorted((a, b) => a.rps - b.rps)[0];
  if (slowest === undefined) return '';
  return ` (${((rateRps / slowest.rps) * 100).toFixed(0)} % of the throughput of the slowest, ${oneLine(slowest.environment)})`;
}

function trialsOf(run: RunFile, workload: string, environment: string): readonly Trial[] {
  return run.trials.filter((trial) => trial.workload === workload && trial.environment === environment);
}

function rateText(rateRps: number): string {
  return `${Number(rateRps.toPrecision(4))} req/s`;
}
