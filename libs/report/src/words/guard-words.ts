import { guardSchema } from '@tare/results';
import type { Guard, RunFile, Trial } from '@tare/results';
import { isEmulated } from '../emulation.ts';
import { counted } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import { listed } from './listed.ts';
import type { CareLine } from './twin-words.ts';

const guardNames: Readonly<Record<Guard, string>> = {
  'foreign-cpu': 'other programs on the CPU',
  steal: 'CPU time taken by the hypervisor',
  throttled: 'throttling',
  clock: 'a drifting clock frequency',
  'generator-cpu': 'a busy load generator',
  'late-sends': 'late sends',
  errors: 'failed requests',
};

/** What a guard looks for, within a sentence. */
export function guardName(guard: Guard): string {
  return guardNames[guard];
}

/**
 * What the guards made of a run: how many rounds were repeated and for which guard, and how many trials still violate one.
 * A warning when any does; not for emulated environments, which nobody judges and no round is repeated for.
 */
export function guardLines(run: RunFile): readonly CareLine[] {
  const dirty = run.trials.filter(({ violations }) => violations.length > 0);
  if (run.repeats.length === 0 && dirty.length === 0) {
    const text = 'No round was repeated, and no trial violates a guard.';
    return [{ level: 'info', text }, ...unknownLines(run)];
  }
  return [
    ...(run.repeats.length === 0 ? [] : [repeatsLine(run)]),
    ...(dirty.length === 0 ? [] : [violationsLine(run, dirty)]),
    ...unknownLines(run),
  ];
}

/** A guard that saw nothing did not find the host quiet. */
function unknownLines({ trials }: RunFile): readonly CareLine[] {
  const unknown = trials.filter(({ host }) => host.foreignCpus === null).length;
  if (unknown === 0) return [];
  const which = unknown === trials.length ? 'any trial' : `${unknown} of ${counted(trials.length, 'trial')}`;
  return [
    { level: 'info', text: `What other programs used is not known of ${which}: the host does not tell.` },
  ];
}

function repeatsLine({ repeats }: RunFile): CareLine {
  const rounds = new Set(repeats.map(({ workload, round }) => `${round} ${workload}`)).size;
  const causes = Map.groupBy(repeats, (repeat) =>
    repeat.cause === 'failure' ? 'a failed trial' : (guardIn(repeat.reason) ?? 'a guard'),
  );
  const counts = [...causes].map(([cause, of]) => `${of.length} for ${cause}`);
  const times = repeats.length === rounds ? '' : `, in ${repeats.length} repeats`;
  const verb = rounds === 1 ? 'was' : 'were';
  return {
    level: 'info',
    text: `${counted(rounds, 'round')} ${verb} repeated whole${times}: ${listed(counts)}.`,
  };
}

/** A repeat's reason begins with the key of its guard, or holds it. */
function guardIn(reason: string): string | undefined {
  const guard = guardSchema.options.find((key) => new RegExp(`(?<![\\w-])${key}(?![\\w-])`).test(reason));
  return guard === undefined ? undefined : guardNames[guard];
}

function violationsLine(run: RunFile, dirty: readonly Trial[]): CareLine {
  const guards = Map.groupBy(
    dirty.flatMap(({ violations }) => [...new Set(violations.map(({ guard }) => guard))]),
    (guard) => guard,
  );
  const counts = [...guards].map(([guard, of]) => `${guardNames[guard]} (${of.length} ×)`);
  const names = [...new Set(dirty.map(({ environment }) => environment))];
  const onlyEmulated = names.every((name) =>
    isEmulated(run.environments.find((environment) => environment.name === name)),
  );
  const hint = run.config.retries === 0 || onlyEmulated ? '' : ' still';
  const verb = dirty.length === 1 ? 'violates' : 'violate';
  const text =
    `${dirty.length} of ${counted(run.trials.length, 'trial')}${hint} ${verb} a guard, ` +
    `of ${listed(names.map(oneLine))}: ${listed(counts)}`;
  return onlyEmulated
    ? { level: 'info', text: `${text}; nothing is judged there.` }
    : { level: 'warning', text: `${text}.` };
}
