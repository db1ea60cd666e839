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
 * undoes the escapes in the data. Lines that are not of this form are left out: plugins print past the format.
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
 * @throws Error when HostName, Port or User is missing.
 */
export function parseSshConfig(text: string): SshConfig {
  const pairs = text.split('\n').flatMap((line) => {
    const found = /^\s+(\w+)\s+(.+?)\s*$/.exec(line);
    return found?.[1] === undefined || found[2] === undefined ? [] : [[found[1], found[2]] as const];
  });
  const { HostName, Port, User, ...options } = Object.fromEntries(pairs);
  if (HostName === undefined || User === undefined || !/^\d+$/.test(Port ?? ''))
    throw new Error(`vagrant ssh-config gave no HostName, Port or User: ${JSON.stringify(text)}`);
  return { hostName: HostName, port: Number(Port), user: User, options };
}
