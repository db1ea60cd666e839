import { realpathSync } from 'node:fs';
import { commandLineOf, listProcesses, textIfThere } from '@tare/metrics';
import { parsedJson } from '@tare/nx-kit';
import { z } from 'zod';
import type { EngineAddress } from './engine-address.ts';

/** How this host's engine brings requests from 127.0.0.1 to a published port. */
type PublishedPorts =
  /** A process of the engine takes them and hands them on (docker-proxy). */
  | 'proxy'
  /** The kernel rewrites their address, also that of 127.0.0.1 (iptables, route_localnet): `userland-proxy` is false. */
  | 'kernel'
  /** Nothing does: `userland-proxy` is false, and `iptables`, too. The port takes connections and never answers. */
  | 'none';

const configSchema = z.object({
  hosts: z.array(z.string()).default([]),
  'userland-proxy': z.boolean().default(true),
  iptables: z.boolean().default(true),
});
type Config = z.infer<typeof configSchema>;

/** Finds it out from the arguments and the configuration of the engine's process; undefined where that cannot be seen. */
export function publishedPorts(address: EngineAddress): PublishedPorts | undefined {
  const engines = listProcesses()
    .filter(({ command }) => command === 'dockerd')
    .flatMap(({ pid }) => parseConfig(commandLineOf(pid), textIfThere) ?? []);
  const found = engines.find(({ hosts }) => hosts.some((host) => isAt(host, address)));
  if (found === undefined) return undefined;
  if (found['userland-proxy']) return 'proxy';
  return found.iptables ? 'kernel' : 'none';
}

/**
 * An engine's configuration by its arguments, which its file completes (dockerd(8)).
 * @returns undefined where its file cannot be read as such.
 */
export function parseConfig(
  [, ...words]: readonly string[],
  read: (path: string) => string,
): Config | undefined {
  const values = (name: RegExp): readonly string[] =>
    words.flatMap((word, at) => {
      const [, flag = '', value] = /^--?([\w-]+)(?:=(.*))?$/.exec(word) ?? [];
      return name.test(flag) ? [value ?? words[at + 1] ?? ''] : [];
    });
  const asked = values(/^config-file$/).at(-1);
  const text = read(asked ?? '/etc/docker/daemon.json');
  const file = configSchema.safeParse(parsedJson(text || '{}'));
  if (!file.success) return undefined;
  // an option that is in both keeps an engine from starting
  const isOff = (name: string): boolean => words.includes(`--${name}=false`) || words.includes(`--${name}=0`);
  const hosts = [...values(/^(?:H|host)$/), ...file.data.hosts];
  return {
    hosts: hosts.length === 0 ? ['fd://'] : hosts,
    'userland-proxy': file.data['userland-proxy'] && !isOff('userland-proxy'),
    iptables: file.data.iptables && !isOff('iptables'),
  };
}

function isAt(host: string, address: EngineAddress): boolean {
  if (address.kind === 'tcp') return host.startsWith('tcp://') && host.endsWith(`:${address.port}`);
  // systemd hands over the usual socket
  const path = host.startsWith('fd://') ? '/var/run/docker.sock' : host.replace(/^unix:\/\//, '');
  return realPath(path) === realPath(address.path);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
