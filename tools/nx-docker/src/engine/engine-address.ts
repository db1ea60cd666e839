import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where an engine listens. */
export type EngineAddress =
  { readonly kind: 'socket'; readonly path: string } | { readonly kind: 'remote'; readonly url: string };

/**
 * Decides which engine to talk to: the given socket, else `DOCKER_HOST`, else the first socket that exists of the
 * system's, Docker Desktop's and a rootless engine's, else the system's.
 */
export function engineAddress(
  socket?: string,
  env: NodeJS.ProcessEnv = process.env,
  exists: (path: string) => boolean = existsSync,
): EngineAddress {
  if (socket !== undefined) return { kind: 'socket', path: socket };
  const host = env.DOCKER_HOST ?? '';
  const [, localPath] = /^(?:unix|npipe):\/\/(.+)$/.exec(host) ?? [];
  if (localPath !== undefined) return { kind: 'socket', path: localPath };
  if (host !== '') return { kind: 'remote', url: host };
  if (process.platform === 'win32') return { kind: 'socket', path: '//./pipe/docker_engine' };
  const system = '/var/run/docker.sock';
  const runtime = env.XDG_RUNTIME_DIR;
  const candidates = [
    system,
    join(homedir(), '.docker/run/docker.sock'),
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
  ];
  return { kind: 'socket', path: candidates.find(exists) ?? system };
}

/** The address in words, for messages. */
export function showAddress(address: EngineAddress): string {
  return address.kind === 'socket' ? address.path : address.url;
}
