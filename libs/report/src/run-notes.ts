import { metricCatalogue } from '@tare/results';
import type { Comparison, EnvironmentResult, RunFile } from '@tare/results';
import { isEmulated } from './emulation.ts';

/** An environment without a full set of figures, and what to do about it. */
export type MissingEnvironment = Exclude<EnvironmentResult, { status: 'measured' }>;

/**
 * The environments that could not be measured, in the order of the run. One that is said to be measured but has no figures
 * is among them, as failed.
 */
export function missingEnvironments(run: RunFile): readonly MissingEnvironment[] {
  return run.environments.flatMap((environment): MissingEnvironment[] => {
    if (environment.status !== 'measured') return [environment];
    const hasFigures = Object.values(run.summary).some((of) => environment.name in of);
    if (hasFigures) return [];
    return [{ ...environment, status: 'failed', reason: 'The run file has no trial of it.' }];
  });
}

/**
 * What the comparisons warn about, each warning once, with the metrics where not all have it:
 * "needs at least 6 rounds (primes: docker, vagrant)". Errors have no ratio, so what is said of them is left out.
 * @param options `onlyJudged: true` also leaves out metrics and environments that get no verdict, and the twin.
 */
export function comparisonWarnings(
  run: RunFile,
  { onlyJudged = false }: { readonly onlyJudged?: boolean } = {},
): readonly string[] {
  const comparisons = run.comparisons.filter(
    (comparison) => comparison.metric !== 'errors' && (!onlyJudged || wantsVerdict(run, comparison)),
  );
  const warnings = new Set(comparisons.flatMap((comparison) => comparison.warnings));
  return [...warnings].map((warning) => {
    const where = [...Map.groupBy(comparisons, ({ workload }) => workload)].flatMap(
      ([workload, ofWorkload]) => {
        const names = [...Map.groupBy(ofWorkload, ({ candidate }) => candidate)].flatMap(
          ([candidate, all]) => {
            const warned = all.filter((comparison) => comparison.warnings.includes(warning));
            if (warned.length === 0) return [];
            return warned.length === all.length
              ? [candidate]
              : [`${candidate} in ${warned.map(metricLabel).join(', ')}`];
          },
        );
        return names.length === 0 ? [] : [`${workload}: ${names.join(', ')}`];
      },
    );
    return `${warning} (${where.join('; ')})`;
  });
}

function wantsVerdict(run: RunFile, { metric, candidate }: Comparison): boolean {
  const environment = run.environments.find(({ name }) => name === candidate);
  const isJudged = metricCatalogue.find(({ key }) => key === metric)?.judged === true;
  return isJudged && candidate !== run.config.twin && !isEmulated(environment);
}

/** "closed loop, 8 connections, 2 s warm-up, then 5 s in turns of 25 ms; open loop, 5 s": the load of a run in words. */
export function loadText({ config, trials }: RunFile): string {
  const { connections, warmupMs, durationMs, requests, openDurationMs, turnMs } = config.load;
  const inTurns = new Set(
    trials.filter(({ load }) => load.turns !== undefined).map(({ workload }) => workload),
  );
  const which = inTurns.size === config.workloads.length ? '' : ` (${[...inTurns].join(', ')})`;
  const turns = turnMs === undefined || inTurns.size === 0 ? '' : ` in turns of ${turnMs} ms${which}`;
  const window = durationMs === null ? `${requests ?? 0} requests` : `${secondsText(durationMs)}${turns}`;
  const open = openDurationMs === null ? '' : `; open loop, ${secondsText(openDurationMs)}`;
  return `closed loop, ${counted(connections, 'connection')}, ${secondsText(warmupMs)} warm-up, then ${window}${open}`;
}

/** "1 round", "2 rounds". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** "2026-03-01 10:00 UTC" from an ISO date in UTC. */
export function dateText(isoDate: string): string {
  return `${new Date(isoDate).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function secondsText(durationMs: number): string {
  return `${durationMs / 1000} s`;
}

function metricLabel({ metric }: { readonly metric: string }): string {
  return metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
}
