import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type Command } from '@tare/metrics';
import { enterAppCgroup } from './app-cgroup.ts';
import { appVariables, instanceVariable } from './app-process.ts';
import type { Availability, Environment } from './contract.ts';
import { hostFiles, programFiles, type HostFiles } from './host-files.ts';
import { imageDataFolder, type RootEntry } from './image-command.ts';
import { environmentVariable, runnerVariable, runVariable } from './run-marks.ts';
import { ask, isolationOf, placeName, isLeftPlace, sandboxed, type SandboxPlace } from './sandbox.ts';

/** A machine container: what bubblewrap does, and a filter for system calls and fewer capabilities. */
const rung = 30;

const program = (): string => findProgram('systemd-nspawn') ?? 'systemd-nspawn';

/** Where it keeps a folder for each machine that is up. */
const machinesFolder = '/run/systemd/nspawn/propagate';

/** Neither systemd nor machined takes part; the app is the second process, after one that reaps; its output stays a pipe. */
const always = [
  '--quiet',
  '--register=no',
  '--keep-unit',
  '--pipe',
  '--as-pid2',
  '--hostname=tare',
  '--resolv-conf=off',
  '--timezone=off',
  '--link-journal=no',
];

/** Makes it take the values from its own environment, because every user can read a command. */
const given = (names: readonly string[]): readonly string[] => names.map((name) => `--setenv=${name}`);

/** A root in memory with /usr of the host and these files. */
function overHost(
  { shown }: HostFiles,
  machine: string,
  more: readonly string[],
  { file, arguments: rest }: Command,
): Command {
  return {
    file: program(),
    arguments: [
      ...always,
      `--machine=${machine}`,
      '--directory=/',
      '--volatile=yes',
      // it replaces the others by links into /usr, as they are on the host
      ...shown
        .filter((path) => !/^\/(usr|bin|sbin|lib\w*)(\/|$)/.test(path))
        .map((path) => `--bind-ro=${escaped(path)}`),
      ...more,
      '--',
      file,
      ...rest,
    ],
  };
}

/** In its options a colon separates the two ends of a mount. */
const escaped = (path: string): string => path.replaceAll(/[\\:]/g, '\\$&');

/**
 * The root of an image. A bundle of the Open Container Initiative gives its user by number: with a name, a program of the image
 * would be run to look it up. What the image has in /run is bound into the /run that is mounted over it.
 */
const rootEntry =
  ({ name }: SandboxPlace): RootEntry =>
  ({ root, own, dataFolder, uid, gid, folder, command, variables }) => ({
    script: `
mkdir -p "$root/usr" "$root/run" "$own/run"
mount --bind "$root/run" "$own/run"
printf %s "$text" > "$own/config.json"
program=$1
shift
for each in "$own"/run/*; do
  if [ -e "$each" ]; then set -- --bind="$each:/run/\${each##*/}" "$@"; fi
done
set -- "$program" "$@"
`,
    text: JSON.stringify({
      ociVersion: '1.0.0',
      process: { user: { uid, gid }, cwd: folder },
      root: { path: root },
    }),
    command: [
      program(),
      ...always,
      `--machine=${name}`,
      `--oci-bundle=${own}`,
      ...(dataFolder === undefined ? [] : [`--bind=${escaped(dataFolder)}:${imageDataFolder}`]),
      ...given([...variables, environmentVariable, runVariable, runnerVariable, instanceVariable]),
      '--',
      ...command,
    ],
  });

async function probe(signal: AbortSignal): Promise<Availability> {
  if (process.getuid?.() !== 0) {
    return {
      usable: false,
      reason: 'not root, who alone can start systemd-nspawn',
      remedy: 'run the suite as root, or use bubblewrap(), which an ordinary user can start',
    };
  }
  const machine = placeName();
  const group = enterAppCgroup();
  try {
    const isolation = await isolationOf(
      rung,
      (command) => overHost(programFiles(), machine, [], command),
      signal,
    );
    const version = await ask({ file: program(), arguments: ['--version'] }, signal);
    return { usable: true, facts: { nspawn: version.split('\n', 1).join() }, isolation };
  } catch (error) {
    return {
      usable: false,
      reason: `systemd-nspawn cannot start anything here (${error instanceof Error ? error.message : String(error)})`,
      remedy: 'this host forbids it (a container without CAP_SYS_ADMIN?): run the suite outside of it',
    };
  } finally {
    group.leave();
    removeMachine(machine);
  }
}

/** Removes the folders of machines that were killed. */
function reapMachines(runId: string | undefined): readonly string[] {
  return namesIn(machinesFolder)
    .filter((name) => isLeftPlace(name, runId) && removeMachine(name))
    .map((name) => `folder ${join(machinesFolder, name)} of a run that was killed`);
}

/** @returns whether there was a folder of this machine. */
function removeMachine(name: string): boolean {
  try {
    rmdirSync(join(machinesFolder, name));
    return true;
  } catch {
    // it has removed it itself, as it does when it is not killed
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // none was ever started
    return [];
  }
}

/**
 * Runs apps in a container of `systemd-nspawn`, as root, without machined: namespaces, a root of its own, a filter for system
 * calls, fewer capabilities. An app sees the host's /usr read-only, a folder also its /etc; an image has its own root.
 */
export function nspawn(): Environment {
  return sandboxed({
    name: 'nspawn',
    program: 'systemd-nspawn',
    debianPackage: 'systemd-container',
    // the supervisor, and the first of the process namespace
    ownProcesses: 2,
    probe,
    rootEntry,
    variables: {
      // /tmp stays the image's own
      SYSTEMD_NSPAWN_TMPFS_TMP: '0',
    },
    facts: (artifact) => ({
      sandbox:
        artifact.kind === 'image'
          ? 'systemd-nspawn with the root of the image'
          : 'systemd-nspawn with /usr of the host, read-only',
      ...(artifact.kind !== 'image' && { user: 'root, with the capabilities that systemd-nspawn leaves' }),
    }),
    clear: ({ name }) => removeMachine(name),
    reap: reapMachines,
    around: (app, launch, { name, port, dataFolder }) =>
      overHost(
        hostFiles(launch, app),
        name,
        [
          ...(dataFolder === undefined ? [] : [`--bind=${escaped(dataFolder)}`]),
          `--chdir=${app.cwd}`,
          ...given([
            ...Object.keys({ ...appVariables(launch, 'nspawn', port), ...app.variables }),
            instanceVariable,
          ]),
        ],
        app,
      ),
  });
}
