import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Place } from './view.ts';

/** What is run. */
export type RunOrder = {
  readonly command: 'measure' | 'compare' | 'gate';
  /** Options of the command besides those that all runs have. */
  readonly options: readonly string[];
  /** 1 by default. */
  readonly rounds?: number;
  /** The environment alone by default. */
  readonly environments?: readonly string[];
};

type RunVariant = {
  /** Started by Nx and not by the command line. */
  readonly throughNx?: boolean | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
};

/** A run that nothing happens to. */
export const plainRun = {
  command: 'measure',
  options: ['--workloads=keeping', '--warmup=0', '--duration=1', '--openDuration=0'],
} as const satisfies RunOrder;

/** The port that the workload `fixed` has. */
export const fixedPort = 24_817;

/** Options that keep a run as short as it can be. */
const shortRun = ['--connections=1', '--control=false', '--retries=0', '--starts=0', '--coldBoots=0'];
const config = 'apps/bench/faults/faults.config.ts';

/** Starts a run in a process group of its own. */
export function startRun(
  place: Place,
  { command, options, rounds = 1, environments }: RunOrder,
  environment: string,
  { throughNx = false, variables = {} }: RunVariant = {},
) {
  const { workspace, out } = place;
  const nx = createRequire(join(workspace, 'package.json')).resolve('nx/bin/nx.js');
  const program = [
    ...(throughNx
      ? // the tests of this suite are no part of what it breaks
        [nx, 'run', `bench:${command}`, '--workloadTargets=build']
      : [join(workspace, 'tools/nx-bench/src/cli/tare.ts'), command]),
    `--config=${config}`,
    ...(command === 'gate'
      ? ['--base=HEAD']
      : [
          ...(command === 'compare' ? ['--readme=false'] : []),
          ...shortRun,
          `--rounds=${rounds}`,
          `--baseline=${environment}`,
        ]),
    `--environments=${(environments ?? [environment]).join(',')}`,
    `--outputPath=${out}`,
    ...options,
  ];
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NX|npm|TARE)_/.test(name));
  const child = spawn(process.execPath, program, {
    cwd: workspace,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(inherited),
      NX_DAEMON: 'false',
      NX_ISOLATE_PLUGINS: 'false',
      TMPDIR: place.temporary,
      TARE_LOCK_FOLDER: place.lock,
      ...(place.engine !== undefined && { DOCKER_HOST: place.engine.host }),
      ...variables,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += stripVTControlCharacters(chunk.toString())));
  const { promise: ended, resolve } = Promise.withResolvers<number | NodeJS.Signals>();
  child.once('exit', (code, signal) => {
    resolve(code ?? signal ?? 'SIGKILL');
  });
  return { child, ended, output: () => output };
}

/** Makes the folder for results empty. */
export async function emptyOut({ out }: Place): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
}
