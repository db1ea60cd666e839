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
