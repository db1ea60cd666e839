import { isEmulated, type MetricSummary, summarise } from '@tare/results';
import { environmentsAfterPilot, type RunStart, type RunState } from '@tare/runner';

type Row = { readonly name: string; readonly count: string; readonly state: string; readonly median: string };

/**
 * One line per environment (trials done of all, what it does now, medians so far) and a last one with the round and the time
 * left. Empty before the first trial.
 */
export function statusLines(state: RunState): readonly string[] {
  const { runStart, latest, plan } = state;
  if (runStart === undefined || latest === undefined) return [];
  const rounds = plan?.rounds ?? latest.rounds;
  const { workloads, baseline } = runStart.header.config;
  const names = runStart.measured.map(({ environment }) => environment.name);
  const judged = environmentsAfterPilot(names, runStart.unjudged, baseline);
  const trialsOf = (name: string): number => {
    const own = plan?.kind === 'pilot' && !judged.includes(name) ? plan.pilotRounds : rounds;
    return own * workloads.length;
  };
  const medians = mediansOf(state, runStart);
  const rows = runStart.measured.map(({ environment: { name }, facts }): Row => {
    const done = state.trials.filter((trial) => trial.environment === name).length;
    return {
      name: isEmulated({ facts }) ? `${name} (emulated)` : name,
      count: `${done}/${trialsOf(name)}`,
      state: environmentState(state, name, plan !== undefined && done === trialsOf(name)),
      median: medians(name),
    };
  });
  const widest = (of: (row: Row) => string): number => Math.max(...rows.map((row) => of(row).length));
  const nameWidth = widest(({ name }) => name);
  const countWidth = widest(({ count }) => count);
  const stateWidth = widest((row) => row.state);
  return [
    ...rows.map(({ name, count, state: doing, median }) =>
      `${name.padEnd(nameWidth)}  ${count.padStart(countWidth)}  ${doing.padEnd(stateWidth)}  ${median}`.trimEnd(),
    ),
    lastLine(state, rounds),
  ];
}

function environmentState(
  { latest, isUnderWay, trials, repeats, lost }: RunState,
  name: string,
  isDone: boolean,
): string {
  if (lost.some((each) => each.name === name)) return 'failed';
  if (isUnderWay && latest?.environment === name) return 'running';
  if (isDone) return 'done';
  const repeat = repeats.at(-1);
  const isRepeated =
    repeat?.environment === name &&
    repeat.round === latest?.round &&
    !trials.some(
      ({ round, workload, environment }) =>
        round === repeat.round && workload === repeat.workload && environment === name,
    );
  return isRepeated ? 'repeated' : 'waiting';
}

/**
 * The medians of an environment as a text; by workload if there are several, because they have nothing in
 * common.
 */
function mediansOf({ trials }: RunState, { header }: RunStart): (environment: string) => string {
  const summary = summarise(trials);
  const workloads = header.config.workloads.map(({ name }) => name);
  return (environment) => {
    const texts = workloads.flatMap((workload) => {
      const metrics = summary[workload]?.[environment];
      if (metrics === undefined) return [];
      return [`${workloads.length > 1 ? `${workload} ` : ''}${figures(metrics)}`];
    });
    return texts.length === 0 ? '' : `median ${texts.join('; ')}`;
  };
}

function figures(metrics: Readonly<Record<string, MetricSummary>>): string {
  const text = (key: string, show: (median: number) => string): readonly string[] => {
    const metric = metrics[key];
    return metric === undefined ? [] : [show(metric.median)];
  };
  return [
    ...text('throughputRps', (rps) => `${rps.toFixed(1)} req/s`),
    ...text('startupMs', (ms) => `ready after ${ms.toFixed(0)} ms`),
    ...text('restartMs', (ms) => `restarted in ${ms.toFixed(0)} ms`),
  ].join(', ');
}

function lastLine({ latest, plan, isUnderWay }: RunState, rounds: number): string {
  if (latest === undefined) return '';
  const { round, trial, trials, environment, workload, leftMs } = latest;
  const isPilot = plan === undefined;
  const doing = isUnderWay ? `  ${workload} in ${environment} …` : '';
  const left = leftMs > 0 ? `  about ${clock(leftMs)} left${isPilot ? ' of the pilot' : ''}` : '';
  return `${isPilot ? 'pilot, ' : ''}round ${round}/${rounds}  trial ${trial}/${trials}${doing}${left}`;
}

/** @returns minutes and seconds: "3:07". */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
