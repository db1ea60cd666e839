import { lookup } from 'node:dns/promises';
import { findProgram, runProgram } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import { type EngineAddress, engineOfHost } from './engine-address.ts';
import { engineIn, type EngineSource, localTraits, type SourceProbe } from './engine-source.ts';
import { keptService, reapServices, startService } from './own-service.ts';
import { probeAddress } from './probe-engine.ts';

/** Where the engine is that the option host names. */
type Elsewhere = {
  /** The machine's name or address. */
  readonly machine: string;
  readonly open: (signal: AbortSignal) => Promise<EngineAddress>;
  readonly close: () => Promise<void>;
};

/**
 * A Docker engine that the configuration names: `tcp://vega:2376`, `ssh://me@vega`. On another machine its containers are reached
 * at ports that are published on the address of that machine, or on `bind`.
 */
export function remoteEngine(host: string, bind: string | undefined): EngineSource {
  const place = placeOf(host);
  const name = `docker:${'machine' in place ? place.machine : 'elsewhere'}`;
  const connect = async (signal: AbortSignal): Promise<SourceProbe> => {
    if ('reason' in place) return { usable: false, ...place };
    try {
      const address = await place.open(signal);
      const found = await probeAddress(address, signal);
      if (!found.usable) return found;
      if (!found.facts.anotherMachine) return { ...found, traits: localTraits };
      const at = await addressOfMachine(place.machine, address, signal);
      const isOpen = address.kind === 'tcp' && address.tls === undefined;
      return {
        ...found,
        traits: {
          ...localTraits,
          publishedPath: 'published port of another machine',
          published: { bind: bind ?? at, at },
          isHostDocker: false,
          elsewhere: true,
          facts: {
            host,
            transport: address.kind === 'socket' ? 'SSH' : isOpen ? 'TCP without TLS' : 'TLS',
            publishedOn: bind ?? at,
            gross: 'absent: the machine is another one',
          },
          ...(isOpen && {
            warning: `${name}: its engine is spoken to without TLS: whoever reaches ${address.host}:${address.port} is root there (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH)`,
          }),
        },
      };
    } catch (error) {
      signal.throwIfAborted();
      return {
        usable: false,
        reason: `no Docker engine at ${host}: ${messageOf(error)}`,
        remedy: `See what \`docker -H ${host} version\` says.`,
      };
    }
  };
  const reap = (): Promise<readonly string[]> => reapServices(name);
  const close = (): Promise<void> => ('machine' in place ? place.close() : Promise.resolve());
  return {
    kind: 'docker',
    name,
    usualNetwork: 'published',
    probe: connect,
    connect,
    reach: async (signal) => engineIn(await connect(signal)),
    close,
    reap,
  };
}

function placeOf(host: string): Elsewhere | { readonly reason: string; readonly remedy: string } {
  const [, user, machine, port, path = '/var/run/docker.sock'] =
    /^ssh:\/\/(?:([^@/:]+)@)?([^@/:-][^@/:]*)(?::(\d+))?(\/.+)?\/?$/.exec(host) ?? [];
  if (machine !== undefined) return overSsh({ user, machine, port, path, name: `docker:${machine}` });
  const found = engineOfHost(host);
  if ('reason' in found) return found;
  const { address } = found;
  if (host.startsWith('ssh:') || address.kind !== 'tcp') {
    return {
      reason: `docker: host is ${JSON.stringify(host)}; expected ssh://[user@]machine or tcp://machine:port`,
      remedy: 'Correct it; a socket of this host is the option socket.',
    };
  }
  return { machine: address.host, open: () => Promise.resolve(address), close: () => Promise.resolve() };
}

type SshPlace = {
  readonly user: string | undefined;
  readonly machine: string;
  readonly port: string | undefined;
  readonly path: string;
  readonly name: string;
};

/** An engine's socket on another machine, forwarded to one of this process by the host's ssh, with its configuration and keys. */
function overSsh({ user, machine, port, path, name }: SshPlace): Elsewhere {
  const service = keptService((signal) => {
    const ssh = findProgram('ssh');
    if (ssh === undefined) throw new Error('ssh is not on PATH (apt-get install -y openssh-client)');
    const options = [
      'BatchMode=yes',
      'ExitOnForwardFailure=yes',
      'ConnectTimeout=10',
      'ServerAliveInterval=5',
      'ServerAliveCountMax=3',
    ];
    const to = [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', port])];
    const command = (socket: string) => ({
      file: ssh,
      arguments: [
        '-nNT',
        ...options.flatMap((option) => ['-o', option]),
        ...to,
        '-L',
        `${socket}:${path}`,
        '--',
        machine,
      ],
    });
    return startService({ name, command, variables: process.env, deadlineMs: 20_000 }, signal);
  });
  return {
    machine,
    open: async (signal) => {
      const { socket } = await service.open(signal);
      return { kind: 'socket', path: socket, by: 'the option host', machine };
    },
    close: () => service.close(),
  };
}

/** The IP address of a machine. Its name may be one that only the configuration of ssh knows. */
async function addressOfMachine(
  machine: string,
  { kind }: EngineAddress,
  signal: AbortSignal,
): Promise<string> {
  const known =
    kind === 'tcp' ? '' : await runProgram('ssh', ['-G', '--', machine], { signal, deadlineMs: 5_000 });
  const [, name = machine] = /^hostname (\S+)$/m.exec(known) ?? [];
  const { address } = await lookup(name);
  return address;
}
