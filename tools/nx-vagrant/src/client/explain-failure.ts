import { lastLines, type ProgramResult } from '@tare/metrics';

type Fault = {
  readonly pattern: RegExp;
  /** One line from what the pattern found. */
  readonly line: (found: (index: number) => string, said: string) => string;
};

const setUp = 'run `bash environments/vagrant/setup-debian.sh`, or start libvirtd';

const locked = /Another process is already executing an action on the machine|because it is locked/;

/** What Vagrant says at length, in one line with what to do. The first that fits is taken. */
const faults: readonly Fault[] = [
  {
    pattern: /The provider '([^']+)' could not be found|requested provider '([^']+)'/,
    line: (found) =>
      `Vagrant has no provider ${found(1) || found(2)}; install it: \`apt-get install vagrant-${found(1) || found(2)}\``,
  },
  {
    pattern: /Error (?:while|making a) connect\w* to [Ll]ibvirt[^:]*:?\s*([^\n]*)/,
    line: (found, said) => `libvirt cannot be reached (${socketError(said) || found(1)}); ${setUp}`,
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

/** Why a call of vagrant failed, in one line: a known fault with what to do, or the last lines of output. */
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

/** Whether a call failed because another Vagrant held the machine at that moment. */
export function isLocked(said: string): boolean {
  return locked.test(said);
}

/** Whether a line is one of the callers that Ruby lists when Vagrant itself breaks. */
export function isStackTrace(line: string): boolean {
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
