import { counted, isEmulated, type JournalHeader, type MetricSummary, summarise } from '@tare/results';
import { comparisonTitle, environmentsAfterFirstLook, type RunState } from '@tare/runner';

type Row = {
  readonly name: string;
  readonly count: string;
  readonly state: string;
  readonly decided: string;
  readonly median: string;
};

/**
 * One line per environment (trials done of all, what it does now, how much of it is decided, medians so far), one with what is
 * open since a look, and a last one with the round and the time left. Empty before the first start.
 */
export function statusLines(state: RunState): readonly string[] {
  const { header, latest, burst, plan } = state;
  const place = burst ?? latest;
  if (header === undefined || place === undefined) return [];
  const rounds = place.rounds;
  const { workloads, baseline } = header.config;
  const measured = header.environments.filter(({ status }) => status === 'measured');
  const names = measured.map(({ name }) => name);
  const judged = environmentsAfterFirstLook(names, header.unjudged, baseline);
  const trialsOf = (name: string): number => {
    const own = plan?.kind === 'looks' && !judged.includes(name) ? (plan.looks[0] ?? rounds) : rounds;
    return isOut(state, name) ? doneOf(name) : own * workloads.length;
  };
  const doneOf = (name: string): number => state.trials.filter((trial) => trial.environment === name).length;
  const medians = mediansOf(state, header);
  const rows = measured.map(({ name, facts }): Row => {
    const done = doneOf(name);
    return {
      name: isEmulated({ facts }) ? `${name} (emulated)` : name,
      count: `${done}/${trialsOf(name)}`,
      state: environmentState(state, name, plan !== undefined && done === trialsOf(name)),
      decided: decidedText(state, name),
      median: medians(name),
    };
  });
  const widest = (of: (row: Row) => string): number => Math.max(...rows.map((row) => of(row).length));
  const nameWidth = widest(({ name }) => name);
  const countWidth = widest(({ count }) => count);
  const stateWidth = widest((row) => row.state);
  const decidedWidth = widest(({ decided }) => (decided.length === 0 ? '' : `${decided}  `));
  return [
    ...rows.map(({ name, count, state: doing, decided, median }) =>
      `${name.padEnd(nameWidth)}  ${count.padStart(countWidth)}  ${doing.padEnd(stateWidth)}  ${decided.padEnd(decidedWidth)}${median}`.trimEnd(),
    ),
    ...openLine(state),
    lastLine(state, rounds),
  ];
}

/** Whether an environment takes part in no more rounds because all of it is decided. */
function isOut({ look }: RunState, name: string): boolean {
  if (look === undefined || look.goesOn.length === 0 || look.goesOn.includes(name)) return false;
  return look.judged.some(({ candidate }) => candidate === name);
}

/** "5 of 6 decided" */
function decidedText({ look }: RunState, name: string): string {
  const own = look?.judged.filter(({ candidate }) => candidate === name) ?? [];
  if (own.length === 0) return '';
  const open = own.filter((one) => look?.open.includes(one) === true).length;
  return `${own.length - open} of ${own.length} decided`;
}

function openLine({ look }: RunState): readonly string[] {
  if (look === undefined || look.open.length === 0) return [];
  return [`open after ${counted(look.round, 'round')}: ${listed(look.open.map(comparisonTitle))}`];
}

const shownOfList = 3;

/** @returns the first of them and how many more there are: "a, b, c and 2 more". */
export function listed(texts: readonly string[]): string {
  const more = texts.length > shownOfList ? ` and ${texts.length - shownOfList} more` : '';
  return `${texts.slice(0, shownOfList).join(', ')}${more}`;
}

function environmentState(
  { latest, isUnderWay, burst, trials, repeats, lost }: RunState,
  name: string,
  isDone: boolean,
): string {
  if (lost.some((each) => each.name === name)) return 'failed';
  if (isUnderWay && latest?.environment === name) return 'running';
  if (burst?.environments.includes(name) === true) return 'starting';
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
function mediansOf({ trials }: RunState, header: JournalHeader): (environment: string) => string {
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

function lastLine(state: RunState, rounds: number): string {
  const { latest, burst, plan } = state;
  const place = burst ?? latest;
  if (place === undefined) return '';
  const { round, trial, trials, leftMs } = place;
  const doing = whatIsDone(state);
  // before the first look nobody knows how many rounds there will be, and after it there may be fewer
  const most = plan?.kind === 'fixed' ? 'about' : 'at most';
  const left = leftMs > 0 ? `  ${most} ${clock(leftMs)} left` : '';
  return `round ${round}/${rounds}  trial ${trial}/${trials}${doing}${left}`;
}

function whatIsDone({ latest, burst, isUnderWay }: RunState): string {
  if (burst !== undefined) {
    const often = burst.starts === 1 ? 'once' : `${burst.starts} times`;
    return `  ${burst.workload}: each started ${often} in turn …`;
  }
  return isUnderWay && latest !== undefined ? `  ${latest.workload} in ${latest.environment} …` : '';
}

/** @returns minutes and seconds: "3:07". */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
