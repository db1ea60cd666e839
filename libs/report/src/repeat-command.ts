import type { RunFile } from '@tare/results';
import { oneLine } from './safe-text.ts';

const needsNoQuotes = /^[\w.,:/@%+=-]+$/;

/** The command that repeats a run on the same workspace: the same seed, environments, workloads and load. */
export function repeatCommand(run: RunFile): string {
  const { config, seed } = run;
  const { connections, warmupMs, durationMs, requests } = config.load;
  const ns = new Set(config.workloads.flatMap(({ parameters }) => parameters.n ?? []));
  const options: readonly (readonly [string, string | number | null])[] = [
    ['seed', seed],
    ['environments', config.environments.join(',')],
    ['workloads', config.workloads.map(({ name }) => name).join(',')],
    ['baseline', config.baseline],
    ['rounds', config.rounds],
    ['connections', connections],
    ['warmup', warmupMs / 1000],
    ['duration', durationMs === null ? null : durationMs / 1000],
    ['requests', requests],
    ['n', ns.size === 1 ? ([...ns][0] ?? null) : null],
  ];
  const given = options.flatMap(([name, value]) => (value === null ? [] : [quoted(`--${name}=${value}`)]));
  return ['npx nx run bench:compare', ...given].join(' ');
}

function quoted(argument: string): string {
  const line = oneLine(argument);
  return needsNoQuotes.test(line) ? line : `'${line.replaceAll("'", `'\\''`)}'`;
}
