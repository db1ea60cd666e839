import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitProgram, lastLines, type ProgramResult, type Variables } from '@tare/metrics';
import { cacheFolder } from '@tare/nx-kit';
import { ownRecipe, setupCommand } from './recipe.ts';
import type { Provider } from './records.ts';

/** In Vagrant's words: "running", "shutoff" (libvirt) or "poweroff" (VirtualBox), "paused", "not_created", … */
export type MachineState = string;

/** What every call takes. */
export type Call = { readonly signal: AbortSignal };

/** Vagrant in one folder with a Vagrantfile. Each call starts Ruby (1 to 2 s), has a deadline, and cleans up when aborted. */
export interface Vagrant {
  /** Boots the machine and creates it first if needed. `provision: true` also provisions an existing machine. */
  up(options: Call & { readonly provision: boolean }): Promise<void>;
  /** Provisions a running machine. */
  provision(options: Call): Promise<void>;
  /** Shuts the machine down; `force` does not try ssh first. */
  halt(options: Call & { readonly force: boolean }): Promise<void>;
  /** Removes the machine and its disk. Succeeds when there is none. */
  destroy(options: Call): Promise<void>;
  status(options: Call): Promise<MachineState>;
  /** How to reach the running machine. */
  sshConfig(options: Call): Promise<SshConfig>;
  /** Vagrant's own version: "2.3.4". */
  version(options: Call): Promise<string>;
  boxAdd(
    options: Call & { readonly name: string; readonly source: string; readonly version?: string },
  ): Promise<void>;
  boxList(options: Call): Promise<readonly InstalledBox[]>;
  boxRemove(options: Call & { readonly name: string }): Promise<void>;
}

/** Where Vagrant runs, and with what. */
export type VagrantClientOptions = {
  /** Absolute path of the folder with the Vagrantfile. */
  readonly folder: string;
  /** Environment variables for the Vagrantfile and for Vagrant, on top of those that every program gets. */
  readonly variables: Readonly<Record<string, string>>;
  /** In Vagrant's words: "libvirt", "virtualbox". */
  readonly provider?: Provider;
  /** Called with every line that Vagrant prints. */
  readonly onLine?: (line: string) => void;
  /** How long `up` may take to boot and provision; 10 minutes by default. */
  readonly upDeadlineMs?: number;
};

const minuteMs = 60_000;
// Vagrant removes what it was creating; Nx kills what takes longer than 5 s
const interruptedMs = 4_000;
const attempts = 3;

/** @returns a client for the machine `default` of the Vagrantfile in `folder`. Starts nothing by itself. */
export function createVagrant({
  folder,
  variables,
  provider = 'libvirt',
  onLine,
  upDeadlineMs = 10 * minuteMs,
}: VagrantClientOptions): Vagrant {
  const all = {
    VAGRANT_CHECKPOINT_DISABLE: '1',
    VAGRANT_DEFAULT_PROVIDER: provider,
    // always this folder's machine, even if the caller's variables name another
    VAGRANT_CWD: folder,
    VAGRANT_VAGRANTFILE: 'Vagrantfile',
    VAGRANT_DOTFILE_PATH: stateFolder(folder),
    ...variables,
  };
  const once = (
    args: readonly string[],
    { signal }: Call,
    deadlineMs: number,
    quiet: boolean,
  ): Promise<ProgramResult> =>
    awaitProgram('vagrant', args, {
      signal,
      deadlineMs,
      cwd: folder,
      variables: all,
      inherited: withoutSettings(process.env),
      endSignal: 'SIGINT',
      onLine: quiet || onLine === undefined ? undefined : (line) => isStackTrace(line) || onLine(line),
      graceMs: interruptedMs,
    });
  const ask = async (
    args: readonly string[],
    call: Call,
    deadlineMs: number,
    { quiet = false }: { readonly quiet?: boolean } = {},
  ): Promise<ProgramResult> => {
    for (let attempt = 1; ; attempt++) {
      const result = await once(args, call, deadlineMs, quiet);
      if (result.code === 0) return result;
      // another Vagrant of this user was reading the index of machines
      if (attempt === attempts || !isLocked(result.said)) throw new Error(explainFailure(args, result));
      await sleep(1_000, undefined, { signal: call.signal });
    }
  };
  const quiet = { quiet: true };
  return {
    up: async ({ provision, ...call }) => {
      const wanted = provision ? '--provision' : '--no-provision';
      await ask(['up', `--provider=${provider}`, wanted, '--no-tty'], call, upDeadlineMs);
    },
    provision: async (call) => {
      await ask(['provision', '--no-tty'], call, 5 * minuteMs);
    },
    halt: async ({ force, ...call }) => {
      await ask(['halt', ...(force ? ['-f'] : []), '--no-tty'], call, 2 * minuteMs);
    },
    destroy: async (call) => {
      await ask(['destroy', '-f', '--no-tty'], call, 2 * minuteMs);
    },
    status: async (call) => {
      const { stdout } = await ask(['status', '--machine-readable'], call, minuteMs, quiet);
      const state = parseMachineReadable(stdout).find(({ type }) => type === 'state')?.data[0];
      if (state === undefined) throw new Error(`vagrant status named no state of the machine in ${folder}`);
      return state;
    },
    sshConfig: async (call) => parseSshConfig((await ask(['ssh-config'], call, minuteMs, quiet)).stdout),
    version: async (call) => {
      const { stdout } = await ask(['--version'], call, minuteMs, quiet);
      const found = /(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
      if (found === undefined)
        throw new Error(`vagrant --version said "${stdout.trim()}"; expected a version`);
      return found;
    },
    boxAdd: async ({ name, source, version, ...call }) => {
      // a public box has its source as its name; a file needs one
      const what = source === name ? [source] : ['--name', name, source];
      const pinned = version === undefined ? [] : ['--box-version', version];
      const args = ['box', 'add', '--force', '--provider', provider, ...pinned, ...what, '--no-tty'];
      await ask(args, call, 20 * minuteMs);
    },
    boxList: async (call) =>
      parseBoxList((await ask(['box', 'list', '--machine-readable'], call, minuteMs, quiet)).stdout),
    boxRemove: async ({ name, ...call }) => {
      await ask(['box', 'remove', '--force', '--all', '--provider', provider, name], call, minuteMs);
    },
  };
}

/** Drops the settings that a user made for their own machine, except the prefix of domain names. */
function withoutSettings(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !name.startsWith('TARE_') || name === 'TARE_DOMAIN_PREFIX'),
  );
}

/** One line of what `vagrant --machine-readable` prints. */
export type MachineLine = {
  /** Seconds since 1970, UTC. */
  readonly timestamp: number;
  /** The machine it is about; "" for none. */
  readonly target: string;
  /** "state", "box-name", "error-exit", "ui", … */
  readonly type: string;
  readonly data: readonly string[];
};

const escapes: Readonly<Record<string, string>> = { '%!(VAGRANT_COMMA)': ',', '\\n': '\n', '\\r': '\r' };

/**
 * Reads lines of `timestamp,target,type,data…` (https://developer.hashicorp.com/vagrant/docs/cli/machine-readable) and
 * undoes the escapes in the data. Skips other lines: plugins do not keep to the format.
 */
export function parseMachineReadable(text: string): readonly MachineLine[] {
  return text.split('\n').flatMap((line) => {
    const [timestamp = '', target, type, ...data] = line.replace(/\r$/, '').split(',');
    if (!/^\d+$/.test(timestamp) || target === undefined || type === undefined) return [];
    return [{ timestamp: Number(timestamp), target, type, data: data.map(unescape) }];
  });
}

function unescape(field: string): string {
  return field.replace(/%!\(VAGRANT_COMMA\)|\\n|\\r/g, (escape) => escapes[escape] ?? escape);
}

/** A box that Vagrant has on this host. */
export type InstalledBox = { readonly name: string; readonly provider: string; readonly version: string };

/** Reads `vagrant box list --machine-readable`: each box is a name, then its provider and version. */
export function parseBoxList(text: string): readonly InstalledBox[] {
  const boxes: { name: string; provider: string; version: string }[] = [];
  for (const { type, data } of parseMachineReadable(text)) {
    const value = data[0] ?? '';
    const last = boxes.at(-1);
    if (type === 'box-name') boxes.push({ name: value, provider: '', version: '' });
    else if (type === 'box-provider' && last !== undefined) last.provider = value;
    else if (type === 'box-version' && last !== undefined) last.version = value;
  }
  return boxes;
}

/** How to reach a machine by ssh. */
export type SshConfig = {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Everything else, in ssh_config(5)'s words: IdentityFile, StrictHostKeyChecking, … */
  readonly options: Readonly<Record<string, string>>;
};

/**
 * Reads what `vagrant ssh-config` prints: one `Host` block.
 * @throws Error in one line when HostName, Port or User is missing, or is no such name.
 */
export function parseSshConfig(text: string): SshConfig {
  const pairs = text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s+(\w+)\s(.+)$/.exec(line.trimEnd()) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value.trim()] as const];
  });
  const { HostName, Port, User, ...options } = Object.fromEntries(pairs);
  const isName = (word: string | undefined): word is string => /^\w[\w.:%-]*$/.test(word ?? '');
  // ssh takes a name that begins with a dash for an option
  if (!isName(HostName) || !isName(User) || !/^\d{1,5}$/.test(Port ?? ''))
    throw new Error(
      `vagrant ssh-config gave no HostName, Port or User: ${lastLines(text, 20).slice(0, 500)}`,
    );
  return { hostName: HostName, port: Number(Port), user: User, options };
}

type Fault = {
  readonly pattern: RegExp;
  /** One line from what the pattern found. */
  readonly line: (found: (index: number) => string, said: string) => string;
};

const setUp = (): string => `run \`${setupCommand()}\`, or start libvirtd`;

const locked = /Another process is already executing an action on the machine|because it is locked/;

/** Known faults: one line with what to do in place of what Vagrant says at length. The first match wins. */
const faults: readonly Fault[] = [
  {
    pattern: /The provider '([^']+)' could not be found|requested provider '([^']+)'/,
    line: (found) =>
      `Vagrant has no provider ${found(1) || found(2)}; install it: \`apt-get install vagrant-${found(1) || found(2)}\``,
  },
  {
    pattern: /Error (?:while|making a) connect\w* to [Ll]ibvirt[^:]*:?\s*([^\n]*)/,
    line: (found, said) => `libvirt cannot be reached (${socketError(said) || found(1)}); ${setUp()}`,
  },
  {
    pattern: /box '([^']+)' could not be found or\s+could not be accessed/,
    line: (found, said) =>
      `box "${found(1)}" is not on this host and cannot be downloaded${downloadError(said)}; run nx run vagrant:vagrant-box, or name another box in TARE_BOX`,
  },
  {
    pattern:
      /[Bb]ox ['"]?([^'"\s]+)['"]? (?:could not be found|you're (?:attempting to add|adding) doesn't support the provider)/,
    line: (found) => `box "${found(1)}" is not one for this provider; name another in TARE_BOX`,
  },
  {
    pattern: /An error occurred while downloading the remote file|Couldn't open file ([^\n]*)/,
    line: (_found, said) =>
      `the box cannot be downloaded${downloadError(said)}; check the network, or build it: nx run vagrant:vagrant-box --mode=built`,
  },
  {
    pattern: /forwarded port to (\d+)\s+is already in use/,
    line: (found) => `port ${found(1)} on 127.0.0.1 is in use; end that process, or set TARE_PORT to another`,
  },
  {
    pattern: /Timed out while waiting for the machine to boot/,
    line: () => 'the machine did not boot in time',
  },
  {
    pattern: /Name `([^`']+)` of domain about to create is already taken/,
    line: (found) =>
      `a domain ${found(1)} is there that Vagrant knows nothing of; remove it: \`virsh -c qemu:///system destroy ${found(1)}; virsh -c qemu:///system undefine ${found(1)} --remove-all-storage\``,
  },
  {
    pattern: locked,
    line: () => 'another vagrant works on this machine; wait for it, or end it',
  },
];

/** Explains in one line why a call of vagrant failed: a known fault with what to do, or the last lines of output. */
export function explainFailure(
  args: readonly string[],
  { code, said }: Pick<ProgramResult, 'code' | 'said'>,
): string {
  for (const { pattern, line } of faults) {
    const found = pattern.exec(said);
    if (found !== null) return `vagrant ${args[0] ?? ''}: ${line((index) => found[index] ?? '', said)}`;
  }
  const broke = thrown(said);
  if (broke !== undefined) return `vagrant ${args[0] ?? ''}: ${broke}`;
  return `vagrant ${args.join(' ')} failed with ${code}: ${lastLines(withoutStack(said), 6)}`;
}

/** Whether a call failed because another Vagrant held the lock on the machine. */
function isLocked(said: string): boolean {
  return locked.test(said);
}

/** Whether a line belongs to the stack trace that Ruby prints when Vagrant itself breaks. */
function isStackTrace(line: string): boolean {
  return /^\s*from \/.*:\d+:in /.test(line);
}

function withoutStack(said: string): string {
  return said
    .split('\n')
    .filter((line) => !isStackTrace(line))
    .join('\n');
}

/** The message of an error that Vagrant did not catch: "file:line:in `method': message (Class)". */
function thrown(said: string): string | undefined {
  return /^\/\S+:\d+:in [`'][^'\n]*': (.+)$/m.exec(said)?.[1]?.trim();
}

function downloadError(said: string): string {
  const found =
    /(?:Error: |curl: \(\d+\) )([^\n]+)|((?:Could not resolve host|Couldn't open file|Failed to connect|The requested URL)[^\n]*)/.exec(
      said,
    );
  const text = found?.[1] ?? found?.[2];
  return text === undefined || text.trim() === '' ? '' : ` (${text.trim()})`;
}

function socketError(said: string): string {
  return /Failed to connect socket to '[^']+': [^\n]+/.exec(said)?.[0].trim() ?? '';
}

/**
 * Where Vagrant keeps what it knows of the machines of a folder: `TARE_VAGRANT_STATE`, else beside the Vagrantfile; for the
 * recipe of this package, which many workspaces may share, a folder of the working directory's own in this user's cache.
 * @param folder absolute path of the folder with the Vagrantfile.
 */
export function stateFolder(folder: string, variables: Variables = process.env): string {
  const { TARE_VAGRANT_STATE: given } = variables;
  if (given !== undefined || folder !== ownRecipe) return resolve(folder, given ?? '.vagrant');
  const workspace = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
  return cacheFolder('machines', workspace);
}
