import type { RunFile } from '@tare/results';
import { oneLine } from './safe-text.ts';

const needsNoQuotes = /^[\w.,:/@%+=-]+$/;

/**
 * The command that repeats a run on the same workspace: the same seed, environments, workloads, load, and as many rounds as
 * there were, whatever decided their number.
 */
export function repeatCommand(run: RunFile): string {
  const { config, plan, seed } = run;
  const { connections, warmupMs, durationMs, requests, openDurationMs, turnMs = 0 } = config.load;
  const ns = new Set(config.workloads.flatMap(({ parameters }) => parameters.n ?? []));
  const options: readonly (readonly [string, string | number | null])[] = [
    ['seed', seed],
    ['environments', config.environments.join(',')],
    ['workloads', config.workloads.map(({ name }) => name).join(',')],
    ['baseline', config.baseline],
    ['rounds', plan.rounds],
    ['twin', String(config.twin !== null)],
    ['retries', config.retries],
    ['connections', connections],
    ['warmup', warmupMs / 1000],
    ['duration', durationMs === null ? null : durationMs / 1000],
    ['requests', requests],
    ['rate', onlyRate(run)],
    ['openDuration', openDurationMs === null ? 0 : openDurationMs / 1000],
    ['turnMs', durationMs === null ? null : turnMs],
    ['n', ns.size === 1 ? ([...ns][0] ?? null) : null],
  ];
  const given = options.flatMap(([name, value]) => (value === null ? [] : [quoted(`--${name}=${value}`)]));
  return ['npx nx run bench:compare', ...given].join(' ');
}

/** The rate that all trials had; null where workloads or environments had rates of their own, which cannot be asked for. */
function onlyRate({ trials }: RunFile): number | null {
  const [rate = null, ...others] = new Set(trials.map(({ open }) => open?.rateRps ?? null));
  return others.length === 0 ? rate : null;
}

function quoted(argument: string): string {
  const line = oneLine(argument);
  return needsNoQuotes.test(line) ? line : `'${line.replaceAll("'", `'\\''`)}'`;
}
