import { isEmulated } from '../emulation.ts';
import type { RunFile } from '../run-file.ts';
import { fingerprint } from './fingerprint.ts';
import { historySchemaVersion } from './history-line.ts';
import type { HistoryFigure, HistoryLine } from './history-line.ts';
import { hostFingerprint } from './host-fingerprint.ts';
import { stableHost } from './stable-host.ts';

/** What a run file does not know of the tree that was measured. */
export type CommitFacts = {
  /** Full name of the commit; null outside a repository. */
  readonly commit: string | null;
  /** Whether the tree had changes that are not in the commit. */
  readonly dirty: boolean;
};

/** Figures keep so many digits: far more than their noise, and a line stays short. */
const significantDigits = 7;
const artifactDigits = 12;

/** What the history keeps of a run: its figures and verdicts, without trials and histograms; 10 to 30 kB. */
export function historyLine(run: RunFile, { commit, dirty }: CommitFacts): HistoryLine {
  const host = stableHost(run.host);
  const { resources } = run.config;
  // a warm-up that was found differs from run to run, and is as long as it takes in all of them
  const load = { ...run.config.load, ...(run.warmUps !== undefined && { warmupMs: 'found' }) };
  return {
    schema: historySchemaVersion,
    id: run.id,
    startedAt: run.startedAt,
    commit,
    dirty,
    hostFingerprint: hostFingerprint(run.host),
    host,
    rounds: run.plan.rounds,
    seed: run.seed,
    baseline: run.config.baseline,
    twin: run.config.twin,
    workloads: run.config.workloads.map((workload) => ({
      name: workload.name,
      conditions: fingerprint({ workload, load, resources }),
      artifact: run.artifacts[workload.name]?.sha256.slice(0, artifactDigits) ?? null,
    })),
    environments: run.environments
      .filter(({ status }) => status === 'measured')
      .map((environment) => ({
        name: environment.name,
        kind: environment.kind,
        emulated: isEmulated(environment),
      })),
    figures: figuresOf(run),
    comparisons: run.comparisons.flatMap(({ workload, metric, candidate, ratio, ci95, verdict }) =>
      ratio === null || verdict === null
        ? []
        : [{ workload, metric, candidate, ratio: short(ratio), ci95: shortPair(ci95), verdict }],
    ),
  };
}

/** Of the environments that were measured to the end. */
function figuresOf({ summary, environments: listed }: RunFile): HistoryFigure[] {
  const failed = listed.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return Object.entries(summary).flatMap(([workload, environments]) =>
    Object.entries(environments)
      .filter(([environment]) => !failed.includes(environment))
      .flatMap(([environment, metrics]) =>
        Object.entries(metrics).map(([metric, { n, mean, ci95, median }]) => ({
          workload,
          environment,
          metric,
          n,
          mean: short(mean),
          ci95: shortPair(ci95),
          median: short(median),
        })),
      ),
  );
}

function short(value: number): number {
  return Number(value.toPrecision(significantDigits));
}

function shortPair(interval: readonly [number, number] | null): [number, number] | null {
  return interval === null ? null : [short(interval[0]), short(interval[1])];
}
