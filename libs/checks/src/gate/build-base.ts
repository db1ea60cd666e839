import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runProgram } from '@tare/metrics';

export type BaseBuild = {
  /** The base's workspace. */
  readonly root: string;
  /** Names of the projects whose bundles are wanted. */
  readonly apps: readonly string[];
  /** Kinds of the environments: an image or a box is made for those that want one. */
  readonly kinds: ReadonlySet<string>;
};

/** What Nx says around the output of its tasks. */
const wordsOfNx =
  /^(NX\b|> nx run |Run duration:|Cache:|Critical path:|Recoverable time:|Recommendations:|Failed tasks:|Tasks not run|Pass --verbose|Hint:|- (Speed up or split|\S+:\S+$)|\S+:\S+ +[\d.]+m?s$)/;

const buildDeadlineMs = 1_800_000;

/**
 * Builds what is to be measured of the base, by the base's own targets.
 * @throws Error in one line with the last lines of output when it does not build.
 */
export async function buildBase({ root, apps, kinds }: BaseBuild, signal: AbortSignal): Promise<void> {
  const targets = kinds.has('docker') ? ['build', 'docker-build'] : ['build'];
  await runNx(root, ['run-many', '--targets', targets.join(','), '--projects', apps.join(',')], signal);
  if (kinds.has('vagrant')) await runNx(root, ['run-many', '--targets', 'vagrant-box'], signal);
}

async function runNx(root: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const nx = createRequire(join(root, 'package.json')).resolve('nx/bin/nx.js');
  const variables = {
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    // its own: two workspaces at different commits must not share a graph
    NX_CACHE_DIRECTORY: join(root, '.nx', 'cache'),
    NX_WORKSPACE_DATA_DIRECTORY: join(root, '.nx', 'workspace-data'),
  };
  await runProgram(process.execPath, [nx, ...args, '--outputStyle=static'], {
    cwd: root,
    shownAs: `nx ${args.join(' ')}`,
    noise: wordsOfNx,
    signal,
    deadlineMs: buildDeadlineMs,
    variables,
  });
}
