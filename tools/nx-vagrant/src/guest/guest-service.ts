import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type Artifact, type Launch, type Listening, withPort } from '@tare/environment';
import { shellWords, type Ssh } from '../ssh.ts';
import {
  type GuestAccount,
  parseJournal,
  parseUnitProperties,
  type UnitProperties,
} from './guest-account.ts';

/** Holds the data folders of all workloads on the guest's disk: systemd makes the state directories of services here. */
const dataFolders = '/var/lib/tare';

/** The port that a workload listens on in the guest, unless it has one of its own. */
export const guestPort = 8000;

const orderDeadlineMs = 60_000;
const stopCommand = `systemctl stop 'tare@*.service' && rm -rf ${shellWords([dataFolders])}`;
const emptyUnit: UnitProperties = new Map();

/** A workload's service in the guest. */
export interface GuestService {
  readonly unit: string;
  /** Folder of its cgroup, in the guest. */
  readonly cgroupFolder: string;
  /** Prepares a start: opens the connection and gets root's rights before the clock starts. */
  arm(signal: AbortSignal): Promise<ArmedStart>;
  /** Also ends the services of the other workloads, which share the port, and removes their data. */
  stop(signal: AbortSignal): Promise<void>;
  /** Makes it the service that a boot starts, with a launch's settings; it must have been stopped. */
  arrange(arrangement: Arrangement, signal: AbortSignal): Promise<void>;
  /** What the guest recorded of its start, with the boot's moments if wanted. */
  account(withBoot: boolean, signal: AbortSignal): Promise<GuestAccount>;
  /** How it ended, in words: "ended with exit code 7", "was ended: out of memory". */
  howItEnded(signal: AbortSignal): Promise<string>;
  /** The sockets on which its processes accept connections. */
  listening(signal: AbortSignal): Promise<readonly Listening[]>;
  /** The last lines of its log. */
  lastLog(lines: number, signal: AbortSignal): Promise<string>;
}

/** Where the folder of a workload's app lies in the guest. */
export function guestAppFolder(workload: string): string {
  return `/opt/tare/${unitName(workload)}/app`;
}

/** The service of a workload. */
export function guestService(ssh: Ssh, workload: string): GuestService {
  const unit = `tare@${unitName(workload)}.service`;
  const order = async (command: string, signal: AbortSignal, input?: string): Promise<string> => {
    const reply = await ssh.run(command, {
      deadlineMs: orderDeadlineMs,
      signal,
      ...(input === undefined ? {} : { input }),
    });
    if (reply.code === 0) return reply.stdout;
    if (reply.code === 255) throw new Error(explain('the connection to the VM broke', reply.stderr));
    throw new Error(explain(`in the VM, ${command} failed with ${reply.code}`, reply.stderr));
  };
  const asRoot = (...args: readonly string[]): string => shellWords(['sudo', '-n', ...args]);
  const show = async (signal: AbortSignal, units: readonly string[], properties: readonly string[]) =>
    parseUnitProperties(
      await order(
        shellWords(['systemctl', 'show', ...units, ...properties.flatMap((name) => ['-p', name])]),
        signal,
      ),
    );

  const cgroupFolder = `/sys/fs/cgroup/system.slice/system-tare.slice/${unit}`;
  return {
    unit,
    cgroupFolder,
    arm: (signal) => armedStart(ssh.spawn(asRoot(...armedCommand(unit))), unit, signal),
    stop: async (signal) => {
      await order(asRoot('sh', '-c', stopCommand), signal);
    },
    arrange: async (arrangement, signal) => {
      await order(asRoot('sh', '-s'), signal, arrangeScript(arrangement));
    },
    account: async (withBoot, signal) => {
      const [service, ssh] = await show(signal, [unit, ...(withBoot ? ['ssh.service'] : [])], serviceMoments);
      const journal = parseJournal(
        await order(
          asRoot('journalctl', '-b', '-u', unit, '-o', 'json', '--output-fields=MESSAGE', '-n', '200'),
          signal,
        ),
      );
      if (!withBoot) return { service: service ?? emptyUnit, journal };
      const [manager] = await show(signal, [], ['UserspaceTimestampMonotonic']);
      return {
        service: service ?? emptyUnit,
        journal,
        boot: { manager: manager ?? emptyUnit, ssh: ssh ?? emptyUnit },
      };
    },
    howItEnded: async (signal) => {
      const [found] = await show(signal, [unit], ['Result', 'ExecMainCode', 'ExecMainStatus']);
      return endingWords(found ?? emptyUnit);
    },
    listening: async (signal) => {
      const pids = (await order(shellWords(['cat', `${cgroupFolder}/cgroup.procs`]), signal)).split(/\s+/);
      const sockets = await order(asRoot('ss', '-H', '-l', '-t', '-n', '-p'), signal);
      return listeningOf(sockets, new Set(pids));
    },
    lastLog: async (lines, signal) =>
      (
        await order(asRoot('journalctl', '-b', '-u', unit, '-o', 'cat', '-n', String(lines)), signal)
      ).trimEnd(),
  };
}

const serviceMoments = [
  'ConditionTimestampMonotonic',
  'ExecMainStartTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
];

// as systemd numbers them: CLD_EXITED of <signal.h>; other codes are signals
const exited = '1';

/** How a service ended, from its Result, ExecMainCode and ExecMainStatus. */
export function endingWords(properties: UnitProperties): string {
  const status = properties.get('ExecMainStatus') ?? '?';
  if (properties.get('Result') === 'oom-kill') return 'was ended: out of memory';
  return properties.get('ExecMainCode') === exited
    ? `ended with exit code ${status}`
    : `was ended by signal ${status}`;
}

/** Reads `ss -H -l -t -n -p`: a line for each socket, with the processes that have it. Pure. */
export function listeningOf(sockets: string, pids: ReadonlySet<string>): readonly Listening[] {
  return sockets.split('\n').flatMap((line) => {
    const [, , , local = ''] = line.trim().split(/\s+/);
    const found = /^(.*):(\d+)$/.exec(local);
    const isOwn = [...line.matchAll(/\bpid=(\d+)/g)].some(([, pid = '']) => pids.has(pid));
    if (found === null || !isOwn) return [];
    // "*" is any address of both families
    const address = (found[1] ?? '').replace(/^\[|\]$|%.*$/g, '').replace('*', '::');
    return [{ address, port: Number(found[2]) }];
  });
}

/** What failed in the guest, and what it said. */
export function explain(what: string, stderr: string): string {
  if (stderr.includes('No space left on device')) return `${what}: the VM's disk is full`;
  const said = stderr.trim().split('\n').slice(-3).join(' | ');
  return said === '' ? what : `${what}: ${said}`;
}

/** A launch's settings for an app in the guest; its variables come on top of those that provisioning has set. */
export type Arrangement = Pick<Launch, 'artifact' | 'variables' | 'dataVariable' | 'port'>;

/**
 * A shell script that makes one workload start at boot. A drop-in of its unit holds the launch's settings: the command of an
 * app that is a folder, variables, and a data folder of its own that systemd makes, empty, when the unit starts. Changes nothing
 * that is right already.
 */
export function arrangeScript(arrangement: Arrangement): string {
  const unit = `tare@${unitName(arrangement.artifact.workload)}.service`;
  const folder = `/etc/systemd/system/${unit}.d`;
  const lines = settings(arrangement);
  const wanted = lines.length === 0 ? '' : ['[Service]', ...lines].join('\n');
  const file = `${folder}/run.conf`;
  return [
    'set -eu',
    // a trial that was cut off may have left data
    `rm -rf ${shellWords([dataFolders])}`,
    `wanted=${shellWords([wanted])}`,
    `have=$(cat ${shellWords([file])} 2>/dev/null || true)`,
    'if [ "$wanted" != "$have" ]; then',
    wanted === ''
      ? `  rm -f ${shellWords([file])}`
      : `  mkdir -p ${shellWords([folder])}; printf '%s\\n' "$wanted" > ${shellWords([file])}`,
    '  systemctl daemon-reload',
    'fi',
    `cd /etc/systemd/system/multi-user.target.wants`,
    'for link in tare@*.service; do',
    `  if [ -L "$link" ] && [ "$link" != ${shellWords([unit])} ]; then systemctl -q disable "$link"; fi`,
    'done',
    `[ -L ${shellWords([unit])} ] || systemctl -q enable ${shellWords([unit])}`,
    // the machine may be switched off next
    'sync',
    '',
  ].join('\n');
}

/** Makes a guest run these workloads and start them at boot, until others are served. @throws Error with what the guest said. */
export async function serve(
  ssh: Pick<Ssh, 'run'>,
  arrangements: readonly Arrangement[],
  signal: AbortSignal,
): Promise<void> {
  const { code, stderr } = await ssh.run(shellWords(['sudo', '-n', 'sh', '-s']), {
    input: serveScript(arrangements),
    deadlineMs: orderDeadlineMs,
    signal,
  });
  if (code !== 0) throw new Error(explain('in the VM, the services could not be started', stderr));
}

/**
 * A shell script that makes these workloads, and no others, run now and after every boot: as {@link arrangeScript}, and each is started
 * again when it fails. One of which nothing has changed goes on running.
 */
function serveScript(arrangements: readonly Arrangement[]): string {
  const units = arrangements.map(({ artifact }) => `tare@${unitName(artifact.workload)}.service`);
  const placed = arrangements.map((arrangement, index) => {
    const lines = [
      // a folder that was sent anew needs a new start
      ...(arrangement.artifact.kind === 'files' ? [`# ${arrangement.artifact.sha256}`] : []),
      '[Service]',
      'Restart=on-failure',
      'RestartSec=5',
      // of all CPUs: nothing is measured here
      'CPUAffinity=',
      ...settings(arrangement),
    ];
    return `place ${shellWords([units[index] ?? '', lines.join('\n')])}`;
  });
  return [
    'set -eu',
    'cd /etc/systemd/system',
    "changed=''",
    'place() {',
    '  mkdir -p "$1.d"',
    '  if [ "$(cat "$1.d/run.conf" 2>/dev/null || true)" = "$2" ]; then return; fi',
    `  printf '%s\\n' "$2" > "$1.d/run.conf"`,
    '  changed="$changed $1"',
    '}',
    ...placed,
    'if [ -n "$changed" ]; then systemctl daemon-reload; fi',
    ...units.map(
      (unit) => `[ -L multi-user.target.wants/${unit} ] || systemctl -q --no-reload enable ${unit}`,
    ),
    // one that does not run is started by this, too
    'if [ -n "$changed" ]; then systemctl restart $changed; fi',
    `systemctl start ${shellWords(units)}`,
    // the machine may be switched off next
    'sync',
    '',
  ].join('\n');
}

function settings({ artifact, variables, dataVariable, port = guestPort }: Arrangement): readonly string[] {
  const name = unitName(artifact.workload);
  const environment = (name: string, value: string): string => `Environment=${quoted(`${name}=${value}`)}`;
  const given = [
    ...commandLines(artifact, port),
    ...(port === guestPort ? [] : [environment('PORT', String(port))]),
    ...Object.entries(variables).map(([variable, value]) => environment(variable, value)),
  ];
  if (dataVariable === undefined) return given;
  return [
    ...given,
    environment(dataVariable, `${dataFolders}/${name}`),
    // relative to /var/lib; writable although the system is read-only
    `StateDirectory=tare/${name}`,
    'StateDirectoryMode=0700',
  ];
}

/** The command of a folder, in the place of the one that the unit has for a bundle. */
function commandLines(artifact: Artifact, port: number): readonly string[] {
  if (artifact.kind !== 'files') return [];
  const [program = '', ...rest] = artifact.command;
  const folder = guestAppFolder(artifact.workload);
  const words = rest.map((word) => quoted(withPort(word, port)).replaceAll('$', '$$$$'));
  // systemd knows where programs are that are named without a slash
  const first =
    program === 'node'
      ? ['/usr/local/bin/node', '$NODE_ARGUMENTS']
      : [quoted(program.includes('/') ? posix.resolve(folder, program) : program)];
  // the first one empties the list
  return [`WorkingDirectory=${folder}`, 'ExecStart=', `ExecStart=${[...first, ...words].join(' ')}`];
}

/** A word of a unit file, in quotes (systemd.syntax(7)); "%" stands for itself. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('%', '%%')}"`;
}

/** A start that is ready and waits to be fired. */
export type ArmedStart = {
  /**
   * Starts the service.
   * @returns when systemd has started it. @throws Error with systemd's message.
   */
  fire(signal: AbortSignal): Promise<void>;
};

const startDeadlineMs = 60_000;

/** The command of an armed start: prints that it waits, and starts the unit when it gets a line. Needs root. */
function armedCommand(unit: string): readonly string[] {
  return ['sh', '-c', 'echo armed && read -r word && exec systemctl start "$0"', unit];
}

/**
 * Waits until a child that runs {@link armedCommand} is ready.
 * @throws Error with its output when it ends before that. Kills it when the signal aborts.
 */
async function armedStart(
  child: ChildProcessWithoutNullStreams,
  unit: string,
  abort: AbortSignal,
): Promise<ArmedStart> {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, reason) => {
      resolve(code ?? reason ?? '?');
    });
  });
  const failure = (how: number | string): Error =>
    new Error(`in the VM, ${unit} could not be started: ${said.trim() || `ssh ended with ${how}`}`);
  const giveUp = (): void => void child.kill('SIGKILL');
  abort.addEventListener('abort', giveUp, { once: true });
  if (abort.aborted) giveUp();
  const early = await Promise.race([
    ended,
    new Promise<undefined>((resolve) => {
      child.stdout.once('data', () => {
        resolve(undefined);
      });
    }),
  ]);
  abort.removeEventListener('abort', giveUp);
  abort.throwIfAborted();
  if (early !== undefined) throw failure(early);
  return {
    fire: async (signal) => {
      const late = AbortSignal.timeout(startDeadlineMs);
      const end = (): void => void child.kill('SIGKILL');
      const stop = AbortSignal.any([signal, late]);
      stop.addEventListener('abort', end, { once: true });
      if (stop.aborted) end();
      child.stdin.end('go\n');
      const how = await ended;
      stop.removeEventListener('abort', end);
      signal.throwIfAborted();
      if (how === 0) return;
      throw failure(late.aborted ? `no answer within ${startDeadlineMs} ms` : how);
    },
  };
}

const longest = 40;

/**
 * What a workload is called in a guest: its folder, its files, and its unit, `tare@<name>.service`. A name of small letters,
 * digits and hyphens stays as it is; any other ("@shop/api", "api:cold", one with spaces, a long one) keeps what it has of
 * them, with a digest behind, so that no two workloads have the same.
 */
export function unitName(workload: string): string {
  // what looks like a name with a digest gets one of its own
  const isPlain = /^[a-z][a-z0-9-]*$/.test(workload) && !/-[0-9a-f]{8}$/.test(workload);
  if (isPlain && workload.length <= longest) return workload;
  const words = workload.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const readable = `app-${words}`.slice(0, longest).replaceAll(/-+/g, '-').replace(/-$/, '');
  const digest = createHash('sha256').update(workload).digest('hex').slice(0, 8);
  return `${readable.replace(/^app-(?=[a-z])/, '')}-${digest}`;
}
