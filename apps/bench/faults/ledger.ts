import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { awaitProgram, findProgram } from '@tare/metrics';
import { commandLine, mountsBelow, namesIn, textOf } from './processes.ts';
import { type Place, processesOf, runnersIn } from './view.ts';

/** What there is of each kind of resource: names of things. */
export type Ledger = ReadonlyMap<string, readonly string[]>;

const never = new AbortController().signal;

/**
 * Reads what the suite's runs have on this host now.
 * @param hasMachine whether they boot machines; else those of others may come and go meanwhile.
 */
export async function readLedger(place: Place, hasMachine: boolean): Promise<Ledger> {
  const { temporary, lock, out, workspace, engine } = place;
  const docker = (...words: readonly string[]) =>
    engine === undefined || engine.pids().length === 0
      ? Promise.resolve([])
      : linesOf('docker', ['--host', engine.host, ...words]);
  const virsh = (...words: readonly string[]) =>
    hasMachine ? linesOf('virsh', ['--quiet', '--connect', 'qemu:///system', ...words]) : Promise.resolve([]);
  const asked = Object.entries({
    containers: docker('ps', '--all', '--format', '{{.Names}}'),
    volumes: docker('volume', 'ls', '--quiet'),
    networks: docker('network', 'ls', '--format', '{{.Name}}'),
    'Podman containers': linesOf('podman', ['ps', '--all', '--format', '{{.Names}}']),
    'Podman volumes': linesOf('podman', ['volume', 'ls', '--quiet']),
    domains: virsh('list', '--all', '--name'),
    'pool volumes': virsh('vol-list', 'default'),
    worktrees: linesOf('git', ['-C', workspace, 'worktree', 'list', '--porcelain']).then((lines) =>
      lines.filter((line) => /^worktree .*\/tare-gate-/.test(line)),
    ),
  });
  const answered = await Promise.all(asked.map(async ([kind, lines]) => [kind, await lines] as const));
  return new Map<string, readonly string[]>([
    ...answered.map(
      ([kind, lines]) => [kind, kind === 'worktrees' || kind === 'networks' ? lines : ours(lines)] as const,
    ),
    ['processes', processesOf(place).map(nameOf)],
    ['control groups', cgroups('/sys/fs/cgroup', 6)],
    ['mounts', [temporary, out].flatMap(mountsBelow)],
    ['sockets', sockets(temporary)],
    ['temporary files', namesIn(temporary).filter((name) => name !== 'node-compile-cache')],
    [
      'locks',
      [...namesIn(lock).filter((name) => /\.json|\.partial/.test(name)), ...runnersIn(lock).map(String)],
    ],
    ['half-written files', halfWritten(out)],
    ['links', links(engine?.bridge)],
    ['network namespaces', namesIn('/run/netns').filter((name) => name.startsWith('netns-'))],
  ]);
}

/** What a ledger has that another had not: "containers: tare-…". */
export function leftSince(before: Ledger, now: Ledger): readonly string[] {
  return [...now].flatMap(([kind, names]) => {
    const known = new Set(before.get(kind));
    return names.filter((name) => !known.has(name)).map((name) => `${kind}: ${name}`);
  });
}

async function linesOf(program: string, words: readonly string[]): Promise<readonly string[]> {
  if (findProgram(program) === undefined) return [];
  try {
    const { code, stdout } = await awaitProgram(program, words, { signal: never, deadlineMs: 20_000 });
    return code === 0
      ? stdout
          .split('\n')
          .map((line) => line.trim().split(/\s{2,}/)[0] ?? '')
          .filter(Boolean)
      : [];
  } catch {
    return [];
  }
}

/** Others of this host may have containers and machines, too. */
const ours = (names: readonly string[]): readonly string[] => names.filter((name) => name.includes('tare'));

function nameOf(pid: number): string {
  return `${pid} ${commandLine(pid).replaceAll('\0', ' ').slice(0, 160)}`;
}

function cgroups(folder: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((each) => each.isDirectory())
      .flatMap(({ name }) => [
        // those of living runners may be of others
        ...(name.startsWith('tare-') && !existsSync(`/proc/${name.split('.')[3] ?? ''}`)
          ? [join(folder, name)]
          : []),
        ...cgroups(join(folder, name), depth - 1),
      ]);
  } catch {
    return [];
  }
}

function sockets(folder: string): readonly string[] {
  return textOf('/proc/net/unix')
    .split('\n')
    .map((line) => line.split(/\s+/)[7] ?? '')
    .filter((path) => path.startsWith(folder));
}

/** What is written aside before it is renamed, and JSON that cannot be read. */
function halfWritten(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => {
      if (/\.(tmp|partial)$/.test(path)) return true;
      if (!path.endsWith('.json')) return false;
      try {
        JSON.parse(readFileSync(join(folder, path), 'utf8'));
        return false;
      } catch {
        return true;
      }
    });
  } catch {
    return [];
  }
}

/** The ends of containers' cables at the suite's own bridge and at Podman's. */
function links(bridge: string | undefined): readonly string[] {
  return namesIn('/sys/class/net').filter((name) => {
    try {
      const master = basename(realpathSync(join('/sys/class/net', name, 'master')));
      return master === bridge || /^(podman|cni-podman)/.test(master);
    } catch {
      return false;
    }
  });
}
