import type { RunFile } from '@tare/results';

const needsNoQuotes = /^[\w.,:/@%+=-]+$/;

/**
 * The command that repeats a run on the same workspace: the options that the run file has, the same seed, and as many rounds as
 * there were, whatever decided their number. A file of an earlier version lists no options: its load is not repeated.
 */
export function repeatCommand(run: RunFile): string {
  const { config, plan, seed } = run;
  // a budget goes with a pilot only
  const { budget, ...options } = config.options ?? {};
  const all = {
    seed,
    environments: config.environments.join(','),
    workloads: config.workloads.map(({ name }) => name).join(','),
    baseline: config.baseline,
    ...options,
    rounds: plan.rounds,
    rate: onlyRate(run),
  };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [quoted(`--${name}=${value}`)],
  );
  return ['npx nx run bench:compare', ...given].join(' ');
}

/** The rate that all trials had; null where workloads or environments had rates of their own, which cannot be asked for. */
function onlyRate({ trials }: RunFile): number | null {
  const [rate = null, ...others] = new Set(trials.map(({ open }) => open?.rateRps ?? null));
  return others.length === 0 ? rate : null;
}

function quoted(argument: string): string {
  return needsNoQuotes.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
