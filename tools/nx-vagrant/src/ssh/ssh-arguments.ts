import type { SshConfig } from '../client/vagrant-output.ts';

/** Options of ssh that Vagrant names and that are taken over. */
const carriedOver = [
  'UserKnownHostsFile',
  'StrictHostKeyChecking',
  'PasswordAuthentication',
  'IdentityFile',
  'IdentitiesOnly',
  'PubkeyAcceptedKeyTypes',
  'HostKeyAlgorithms',
  'ProxyCommand',
];

/** Arguments of ssh for a machine, before the command: never asks, gives up on a dead connection after 15 s. */
export function sshArguments({ hostName, port, user, options }: SshConfig): readonly string[] {
  const taken = carriedOver.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : ['-o', `${name}=${value}`];
  });
  const ours = [
    'BatchMode=yes',
    'LogLevel=ERROR',
    'ConnectTimeout=30',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
  ];
  return [
    '-F',
    'none',
    ...taken,
    ...ours.flatMap((option) => ['-o', option]),
    '-p',
    String(port),
    '-l',
    user,
    hostName,
  ];
}
