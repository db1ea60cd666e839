import type { CalibrationSummary } from '@tare/results/calibration';
import { guardSchema, type Comparison, type Guard, type OpenLoad, type RunFile } from '@tare/results';
import { boundsText, differenceText } from './differences.ts';
import { deployedIn } from './record.ts';
import { metricLabel, metricNoun } from './shown-metrics.ts';
import { capitalised, counted, dateText, durationText, listed, withMarks } from './words.ts';

/** A line about how far a run can be trusted, in plain text. */
export type Caveat = { readonly level: 'info' | 'warning'; readonly text: string };

/**
 * How far a run can be trusted: its A/A control, how many rounds and why, the warm-up, what was repeated, which trials still
 * violate a guard, and the latest calibration of the machine where there is one.
 * @param unjudged names of the environments that get no verdict.
 */
export function caveatsOf(
  run: RunFile,
  unjudged: readonly string[],
  calibration: CalibrationSummary | undefined,
): readonly Caveat[] {
  return [
    ...controlCaveat(run),
    { level: 'info', text: planWords(run) },
    ...decidedEarly(run, unjudged),
    ...warmUpCaveats(run),
    ...deployedCaveat(run),
    ...meterCaveats(run),
    ...guardCaveats(run, unjudged),
    ...(calibration === undefined ? [] : [calibrationCaveat(calibration)]),
  ];
}

/** The judged comparisons of the A/A control with its baseline; empty when the run had none. */
export function controlComparisons(run: Pick<RunFile, 'config' | 'comparisons'>): readonly Comparison[] {
  const control = run.config.control;
  return run.comparisons.filter(({ candidate, verdict }) => candidate === control && verdict !== null);
}

/** "A/A control of native: same in 7 of 9 metrics, open in 1 (startup −1.2 to +6.3 %), no false difference." A warning when it differs. */
export function controlCaveat(run: RunFile): readonly Caveat[] {
  if (run.config.control === null) return [];
  const subject = `A/A control of ${run.config.baseline}`;
  const judged = controlComparisons(run);
  if (judged.length === 0) return [{ level: 'warning', text: `${subject}: no figure could be compared.` }];
  const workloads = new Set(judged.map(({ workload }) => workload));
  const same = judged.filter(({ verdict }) => verdict === 'same').length;
  const open = judged.filter(({ verdict }) => verdict === 'undecided');
  const different = judged.filter(({ verdict }) => verdict === 'better' || verdict === 'worse');
  const ofAll = `of ${judged.length} ${workloads.size === 1 ? 'metrics' : 'comparisons'}`;
  const counts = [
    ...(same === 0 ? [] : [`same in ${same} ${ofAll}`]),
    ...(open.length === 0
      ? []
      : [`open in ${open.length}${same === 0 ? ` ${ofAll}` : ''}${widestText(open)}`]),
  ];
  const mean = run.comparisons.some(({ copies = 1 }) => copies > 1)
    ? ' Ratios are to the mean of the two.'
    : '';
  if (different.length === 0) {
    return [{ level: 'info', text: `${subject}: ${[...counts, 'no false difference'].join(', ')}.${mean}` }];
  }
  const where = different.map((comparison) => {
    const of = workloads.size === 1 ? '' : ` of ${comparison.workload}`;
    return withMarks(`${metricNoun(comparison.metric)}${of}`, [differenceText(comparison, true)]);
  });
  const text =
    `${subject}: ${[...counts, `a false difference in ${listed(where)}`].join(', ')}. Chance alone causes one in at most 1 run in 20; ` +
    'otherwise something on this host interferes, and no other difference of that size can be trusted.' +
    mean;
  return [{ level: 'warning', text }];
}

/** " (the widest: startup −1.2 to +6.3 %)"; empty where none has bounds. */
function widestText(open: readonly Comparison[]): string {
  const widthOf = ({ look, ci95 }: Comparison) => {
    const [low, high] = look?.interval ?? ci95 ?? [1, 1];
    return high / low;
  };
  const [widest] = open.toSorted((a, b) => widthOf(b) - widthOf(a));
  const bounds = widest === undefined ? '' : boundsText(widest);
  if (widest === undefined || bounds === '') return '';
  return ` (${open.length === 1 ? '' : 'the widest: '}${metricNoun(widest.metric)} ${bounds})`;
}

/** "12 rounds: 6 pilot rounds, then 6 more. The wanted precision takes 40; the budget of 10 min allowed no more." */
export function planWords({ plan, config }: Pick<RunFile, 'plan' | 'config'>): string {
  if (plan.kind === 'fixed') return `${counted(plan.rounds, 'round')}, as requested.`;
  if (plan.kind === 'looks') return looksWords(plan, config);
  const { pilotRounds, rounds, wantedRounds, limitedBy, decidedBy } = plan;
  const start = `${counted(rounds, 'round')}: ${counted(pilotRounds, 'pilot round')}`;
  const split = rounds > pilotRounds ? `${start}, then ${rounds - pilotRounds} more` : `${start} only`;
  if (limitedBy === 'precision') {
    return decidedBy === null
      ? `${split}; the pilot was precise enough.`
      : `${split}, as the wanted precision takes (${decidedBy.workload}: ${metricNoun(decidedBy.metric)} of ${decidedBy.candidate}).`;
  }
  const budget = config.budgetMs === null ? '' : ` of ${durationText(config.budgetMs)}`;
  const limit =
    limitedBy === 'maximum' ? `the maximum is ${config.rounds}` : `the budget${budget} allowed no more`;
  return `${split}. The wanted precision takes ${wantedRounds}; ${limit}.`;
}

/** "10 rounds; after the last look, at 10, everything is decided." */
function looksWords(
  { rounds, looks, endedBy, mostRounds }: Extract<RunFile['plan'], { kind: 'looks' }>,
  { budgetMs }: RunFile['config'],
): string {
  const made = counted(rounds, 'round');
  const budget = budgetMs === null ? '' : ` of ${durationText(budgetMs)}`;
  const looked = looks.length === 0 ? '' : `, looked at after ${listed(looks.map(String))}`;
  switch (endedBy) {
    case 'decided':
      return `${made}${looked}: everything judged is decided.`;
    case 'rounds':
      return `${made}${looked}: ${mostRounds} are the most.`;
    case 'budget':
      return `${made}${looked}: the budget${budget} allowed no more.`;
    case 'interrupted':
      return `${made}${looked}: interrupted.`;
    case 'nothing to compare':
      return `${made}${looked}: nothing was left to compare.`;
  }
}

/**
 * Whose means are of other rounds than those of the baseline: what is decided takes part in no more, and where the latencies are,
 * there is no open loop.
 */
export function decidedEarly(run: RunFile, unjudged: readonly string[]): readonly Caveat[] {
  const inAll = earlyIn(run, run.trials, unjudged);
  const withLatencies = run.trials.filter(({ openLeftOut }) => openLeftOut !== true);
  const inOpenLoop = earlyIn(run, withLatencies, unjudged).filter(
    ({ name }) => !inAll.some((each) => each.name === name),
  );
  return [...earlyCaveat(run, inAll, ''), ...earlyCaveat(run, inOpenLoop, 'Latencies of ')];
}

type Early = { readonly name: string; readonly shown: string };

/** Environments with fewer rounds among some trials than the baseline: "docker (6 of 12 rounds)". */
function earlyIn(
  { config: { baseline }, environments }: RunFile,
  trials: RunFile['trials'],
  unjudged: readonly string[],
): readonly Early[] {
  const roundsOf = (name: string): number =>
    new Set(trials.flatMap(({ environment, round }) => (environment === name ? [round] : []))).size;
  const all = roundsOf(baseline);
  return environments
    .filter(({ name, status }) => status === 'measured' && !unjudged.includes(name))
    .map(({ name }) => ({ name, rounds: roundsOf(name) }))
    .filter(({ rounds }) => rounds < all)
    .map(({ name, rounds }) => ({ name, shown: `${name} (${rounds} of ${counted(all, 'round')})` }));
}

function earlyCaveat(
  { config: { baseline } }: RunFile,
  early: readonly Early[],
  what: '' | 'Latencies of ',
): readonly Caveat[] {
  if (early.length === 0) return [];
  const [verb, whose] = early.length === 1 && what === '' ? ['was', 'its'] : ['were', 'their'];
  const who = listed(early.map(({ shown }) => shown));
  const text = `${what}${who} ${verb} measured only until decided: ${whose} means are of fewer rounds than those of ${baseline}, the ratios compare the same rounds.`;
  return [{ level: 'info', text }];
}

const warmUpCodes: readonly string[] = ['warm-up', 'no-steady-state', 'window'];

/** How long every trial warms up and is loaded, and why, where that was found, and what was not steady then. */
function warmUpCaveats({ diagnostics }: RunFile): readonly Caveat[] {
  return diagnostics
    .filter(({ code }) => warmUpCodes.includes(code))
    .map(({ level, message }) => ({
      level: level === 'info' ? 'info' : 'warning',
      text: `${capitalised(message)}.`,
    }));
}

/** What was not started by the run is judged by what comes back from it alone. */
function deployedCaveat(run: RunFile): readonly Caveat[] {
  const names = deployedIn(run);
  if (names.length === 0) return [];
  const text = `${listed(names)} ran before this run: there is no startup, which bytes run there was not checked, and the way there is a part of throughput and latency.`;
  return [{ level: 'info', text }];
}

/** What could not be metered, and why: once for all environments with the same reason. */
function meterCaveats({ trials }: RunFile): readonly Caveat[] {
  const unmetered = trials.flatMap(({ environment, cpu, notMetered }) => {
    if (notMetered === undefined) return [];
    const missing = (['net', 'gross'] as const).filter((scope) => cpu[scope] === undefined);
    return missing.length === 0 ? [] : [{ environment, reason: notMetered, what: missing.join(' and ') }];
  });
  return [...Map.groupBy(unmetered, ({ what, reason }) => `${what} ${reason}`).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const names = listed([...new Set(same.map(({ environment }) => environment))]);
    const text = `CPU and memory of ${names}: ${first.what} could not be measured, so there is no tare, and no verdict on them: ${first.reason}.`;
    return [{ level: 'info', text }];
  });
}

const guardNames: Readonly<Record<Guard, string>> = {
  'foreign-cpu': 'other programs on the CPU',
  steal: 'CPU time taken by the hypervisor',
  throttled: 'throttling',
  clock: 'a drifting clock frequency',
  'generator-cpu': 'a busy load generator',
  'late-sends': 'late sends',
  errors: 'failed requests',
};

/**
 * How many rounds were repeated and for which guard, and how many trials still violate one. A warning when any does; not for
 * environments that get no verdict: no round is repeated for them.
 */
export function guardCaveats(run: RunFile, unjudged: readonly string[]): readonly Caveat[] {
  const dirty = run.trials.filter(({ violations }) => violations.length > 0);
  if (run.repeats.length === 0 && dirty.length === 0) {
    const text = 'No round was repeated, and no trial violates a guard.';
    return [{ level: 'info', text }, ...sentAgain(run), ...unseen(run)];
  }
  return [
    ...(run.repeats.length === 0 ? [] : [repeatsCaveat(run)]),
    ...(dirty.length === 0 ? [] : [violationsCaveat(run, dirty, unjudged)]),
    ...sentAgain(run),
    ...unseen(run),
  ];
}

function sentAgain({ trials }: RunFile): readonly Caveat[] {
  const sum = (of: (open: OpenLoad) => number | undefined): number =>
    trials.reduce((so, { open }) => so + ((open && of(open)) ?? 0), 0);
  const [slices, again] = [sum((open) => open.slices), sum((open) => open.slicesAgain)];
  if (again === 0) return [];
  const verb = again === 1 ? 'was' : 'were';
  const text = `${again} of ${counted(slices, 'open-loop slice')} ${verb} sent again because the load generator was late.`;
  return [{ level: 'info', text }];
}

/** A guard that saw nothing did not find the host quiet. */
function unseen({ trials }: RunFile): readonly Caveat[] {
  const unknown = trials.filter(({ host }) => host.foreignCpus === null).length;
  if (unknown === 0) return [];
  const which = unknown === trials.length ? 'all trials' : `${unknown} of ${counted(trials.length, 'trial')}`;
  const isUnmetered = trials.some(({ cpu }) => cpu.gross === undefined);
  const reason = isUnmetered
    ? 'what an environment uses of the host could not be told'
    : 'the host does not report it';
  const text = `CPU use by other programs is unknown for ${which}: ${reason}.`;
  return [{ level: 'info', text }];
}

function repeatsCaveat({ repeats }: RunFile): Caveat {
  const rounds = new Set(repeats.map(({ workload, round }) => `${round} ${workload}`)).size;
  const causes = Map.groupBy(repeats, ({ cause, reason }) =>
    cause === 'failure' ? 'a failed trial' : (guardIn(reason) ?? 'a guard'),
  );
  const counts = [...causes].map(([cause, of]) => `${of.length} for ${cause}`);
  const times = repeats.length === rounds ? '' : ` (${counted(repeats.length, 'repeat')})`;
  const verb = rounds === 1 ? 'was' : 'were';
  return {
    level: 'info',
    text: `${counted(rounds, 'round')} ${verb} repeated${times}: ${listed(counts)}.`,
  };
}

/** A repeat's reason begins with the key of its guard, or holds it. */
function guardIn(reason: string): string | undefined {
  const guard = guardSchema.options.find((key) => new RegExp(`(?<![\\w-])${key}(?![\\w-])`).test(reason));
  return guard === undefined ? undefined : guardNames[guard];
}

function violationsCaveat(
  { trials, config }: RunFile,
  dirty: RunFile['trials'],
  unjudged: readonly string[],
): Caveat {
  const guards = Map.groupBy(
    dirty.flatMap(({ violations }) => [...new Set(violations.map(({ guard }) => guard))]),
    (guard) => guard,
  );
  const counts = [...guards].map(([guard, of]) => `${guardNames[guard]} (${of.length} ×)`);
  const names = [...new Set(dirty.map(({ environment }) => environment))];
  const isNothingJudged = names.every((name) => unjudged.includes(name));
  const still = config.retries === 0 || isNothingJudged ? '' : ' still';
  const verb = dirty.length === 1 ? 'violates' : 'violate';
  const text = `${dirty.length} of ${counted(trials.length, 'trial')}, in ${listed(names)},${still} ${verb} a guard: ${listed(counts)}`;
  return isNothingJudged
    ? { level: 'info', text: `${text}; nothing is judged there.` }
    : { level: 'warning', text: `${text}.` };
}

function calibrationCaveat(calibration: CalibrationSummary): Caveat {
  const { measuredAt, keptFrom, passed, failed, falseDifferences, slowdownsOf5Percent, power, path } = calibration;
  const parts = [
    failed === 0
      ? `${counted(passed, 'check')} passed`
      : `${failed} of ${counted(passed + failed, 'check')} failed`,
    ...(falseDifferences === null
      ? []
      : [`a false difference in ${falseDifferences.found} of ${counted(falseDifferences.of, 'A/A comparison')}`]),
    ...(slowdownsOf5Percent === null
      ? []
      : [`a slowdown of 5 % found in ${slowdownsOf5Percent.found} of ${counted(slowdownsOf5Percent.of, 'run')}`]),
  ];
  const kept = keptFrom === undefined ? '' : `, parts of it from ${dateText(keptFrom)}`;
  return {
    level: failed === 0 ? 'info' : 'warning',
    text: `Calibration of this machine, ${dateText(measuredAt)}${kept}: ${parts.join('; ')} (${path}).${powerWords(power)}`,
  };
} // prettier-ignore

/** " In throughput, native against its copy takes 1.9 min there until a slowdown of 5 % is found, 2.6 min until it is the same." */
function powerWords(power: CalibrationSummary['power']): string {
  if (power === undefined) return '';
  const words = (minutes: number | null): string =>
    minutes === null ? 'more rounds than a run has' : `${minutes.toFixed(1)} min`;
  return ` In throughput, native against its copy takes ${words(power.found)} there until a slowdown of 5 % is found, ${words(power.same)} until “same” is shown.`;
}

/**
 * What comparisons warn about, each warning once, with the metrics where not all have it:
 * "needs at least 6 rounds (primes: docker, vagrant)". Errors have no ratio, so what is said of them is left out.
 */
export function comparisonWarnings(comparisons: readonly Comparison[]): readonly string[] {
  const compared = comparisons.filter(({ metric }) => metric !== 'errors');
  return [...new Set(compared.flatMap(({ warnings }) => warnings))].map((warning) => {
    const where = [...Map.groupBy(compared, ({ workload }) => workload)].flatMap(([workload, ofWorkload]) => {
      const names = [...Map.groupBy(ofWorkload, ({ candidate }) => candidate)].flatMap(([candidate, all]) => {
        const warned = all.filter(({ warnings }) => warnings.includes(warning));
        if (warned.length === 0) return [];
        return warned.length === all.length
          ? [candidate]
          : [`${candidate} in ${warned.map(({ metric }) => metricLabel(metric)).join(', ')}`];
      });
      return names.length === 0 ? [] : [`${workload}: ${names.join(', ')}`];
    });
    return `${warning} (${where.join('; ')})`;
  });
}
