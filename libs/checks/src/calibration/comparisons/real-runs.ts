import type { RunEvent } from '@tare/runner';
import type { RealEnd } from './check-real.ts';
import type { ComparisonSizes } from './comparison-config.ts';
import { realRun, type RealRun } from './real-comparison.ts';

export type RealRunsOptions = {
  /** Twins alone, slowdowns alone (their runs have a twin, too), or both in turn. */
  readonly parts: { readonly aa: boolean; readonly ab: boolean };
  readonly sizes: ComparisonSizes;
  readonly slowdownPercents: readonly number[];
  readonly seed: number;
  readonly runsFolder: string;
  /** Runs are begun as long as they are expected to end before. On the clock of performance.now(). */
  readonly endsAt: number;
  readonly minutes: number;
  /** Waited for before the next run. */
  readonly keep: (run: RealRun) => Promise<void>;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
};

export type RealRuns = { readonly runs: readonly RealRun[]; readonly end: RealEnd };

type Kind = 'twin' | 'slower';

// process start, generator start, stop
const trialOverheadMs = 700;
// preflight, conformance
const runOverheadMs = 5000;

/**
 * Makes as many real runs as the budget allows: those with slowdowns, which hold a twin too, and those with a twin alone,
 * so that both kinds get about the same time.
 * @throws the signal's reason when aborted; another failure ends the runs and is told in `end`.
 */
export async function realRuns(options: RealRunsOptions): Promise<RealRuns> {
  const { parts, sizes, slowdownPercents, endsAt, minutes, signal, onProgress } = options;
  const runs: RealRun[] = [];
  const spentMs: Record<Kind, number[]> = { twin: [], slower: [] };
  const trialMs = sizes.warmupMs + sizes.windowMs + trialOverheadMs;
  const expectedMs = (kind: Kind): number => {
    const environments = kind === 'twin' ? 2 : 2 + slowdownPercents.length;
    return spentMs[kind].length > 0
      ? sum(spentMs[kind]) / spentMs[kind].length
      : sizes.rounds * environments * trialMs + runOverheadMs;
  };
  const kinds: readonly Kind[] = [
    ...(parts.ab ? ['slower' as const] : []),
    ...(parts.aa ? ['twin' as const] : []),
  ];
  for (;;) {
    const leftMs = endsAt - performance.now();
    const [kind] = kinds
      .filter((each) => expectedMs(each) <= leftMs)
      .toSorted((one, other) => sum(spentMs[one]) - sum(spentMs[other]));
    if (kind === undefined) return { runs, end: { kind: 'budget', minutes } };
    const slowdowns = kind === 'slower' ? slowdownPercents : [];
    const name = kind === 'slower' ? `twin and slowdowns of ${slowdowns.join(', ')} %` : 'twin';
    onProgress(
      `real run ${runs.length + 1}: ${name}, about ${(expectedMs(kind) / 1000).toFixed(0)} s of ${(leftMs / 1000).toFixed(0)} s left`,
    );
    try {
      const run = await realRun({
        sizes,
        slowdownPercents: slowdowns,
        seed: options.seed + runs.length,
        runsFolder: options.runsFolder,
        listener: (event) => {
          tellRepeats(event, onProgress);
        },
        signal,
      });
      spentMs[kind].push(run.elapsedMs);
      runs.push(run);
      await options.keep(run);
    } catch (error) {
      signal.throwIfAborted();
      return {
        runs,
        end: { kind: 'failed', message: error instanceof Error ? error.message : String(error) },
      };
    }
  }
}

function tellRepeats(event: RunEvent, onProgress: (line: string) => void): void {
  if (event.kind === 'round-repeated') {
    onProgress(`  round ${event.repeat.round} is repeated: ${event.repeat.reason}`);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
