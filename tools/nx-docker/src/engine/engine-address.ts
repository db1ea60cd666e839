import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** Where an engine listens. */
export type EngineAddress = (
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
) & {
  /** What named it, for messages: "DOCKER_HOST", "docker context desktop-linux". */
  readonly by: string;
  /** The command line of its product; docker's where it does not say. */
  readonly client?: 'podman';
  /** The machine that it runs on, where a socket of this host leads to another. */
  readonly machine?: string;
  readonly tls?: EngineTls;
};

/** How to speak TLS; `verify` is whether the engine's certificate must be one that `ca` or the system trusts. */
type EngineTls = {
  readonly verify: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
};

/** An address, or why there is none and what to do. The text never repeats a user or password. */
type FoundAddress =
  { readonly address: EngineAddress } | { readonly reason: string; readonly remedy: string };

/**
 * The engine that the option host names, over TLS where the docker CLI would use it (`DOCKER_TLS_VERIFY`, `DOCKER_TLS`,
 * `DOCKER_CERT_PATH`).
 */
export function engineOfHost(host: string, variables: NodeJS.ProcessEnv = process.env): FoundAddress {
  const env = { ...nonEmpty(variables), DOCKER_HOST: host };
  return found(() => addressByVariables(env, configFolder(env), 'the option host'));
}

/**
 * Decides which engine to talk to, as the docker CLI does: the given socket, else `DOCKER_HOST` (with `DOCKER_TLS_VERIFY`, `DOCKER_TLS`,
 * `DOCKER_CERT_PATH`), else the context that `DOCKER_CONTEXT` or the `currentContext` of its configuration names, else the
 * first socket that exists of the system's, Docker Desktop's and a rootless engine's, else the system's.
 */
export function findEngine(socket?: string, variables: NodeJS.ProcessEnv = process.env): FoundAddress {
  if (socket !== undefined) return { address: { kind: 'socket', path: socket, by: 'the option socket' } };
  const env = nonEmpty(variables);
  const folder = configFolder(env);
  return found(() => {
    if (env.DOCKER_HOST) return addressByVariables(env, folder);
    const context = env.DOCKER_CONTEXT ?? currentContext(folder);
    if (context === '' || context === 'default') return addressByVariables(env, folder);
    const by = env.DOCKER_CONTEXT ? `DOCKER_CONTEXT=${context}` : `docker context ${context}`;
    return addressByContext(context, folder, by);
  });
}

/** A variable that is empty counts as none. */
function nonEmpty(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

function configFolder(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG ?? join(homedir(), '.docker');
}

function found(find: () => EngineAddress): FoundAddress {
  try {
    return { address: find() };
  } catch (error) {
    if (error instanceof NoAddress) return { reason: error.message, remedy: error.remedy };
    throw error;
  }
}

/** An engine in words, for messages: "the Docker engine at tcp://vega:2375". */
export function nameEngine(address: EngineAddress): string {
  return `${address.client === 'podman' ? 'Podman' : 'the Docker engine'} at ${showAddress(address)}`;
}

/** The address in words, for messages. */
export function showAddress(address: EngineAddress): string {
  if (address.machine !== undefined) return `ssh://${address.machine}`;
  if (address.kind === 'socket') return address.path;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}

class NoAddress extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}

function addressByVariables(env: NodeJS.ProcessEnv, folder: string, by = 'DOCKER_HOST'): EngineAddress {
  const verify = Boolean(env.DOCKER_TLS_VERIFY);
  const usesTls = verify || Boolean(env.DOCKER_TLS);
  const given = (env.DOCKER_HOST ?? '').trim();
  const certificates = env.DOCKER_CERT_PATH ?? folder;
  const tls = usesTls ? tlsFrom(certificates, verify, 'DOCKER_TLS_VERIFY') : undefined;
  if (given !== '') return addressOf(given, by, tls);
  if (tls !== undefined) return { kind: 'tcp', host: 'localhost', port: 2376, by: 'DOCKER_TLS_VERIFY', tls };
  return { kind: 'socket', path: localSocket(env), by: 'default' };
}

function localSocket(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return '//./pipe/docker_engine';
  const system = '/var/run/docker.sock';
  const runtime = env.XDG_RUNTIME_DIR;
  const candidates = [
    system,
    join(homedir(), '.docker/run/docker.sock'),
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
  ];
  return candidates.find((path) => existsSync(path)) ?? system;
}

function orElse(text: string | undefined, instead: string): string {
  return text === undefined || text === '' ? instead : text;
}

/** Reads an address as the docker CLI does: "tcp" where no scheme is given, port 2375, user and password left out. */
function addressOf(given: string, by: string, tls: EngineTls | undefined): EngineAddress {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]\w*):\/\/)?(.*)$/is.exec(given) ?? [];
  const shown = `${scheme}://${rest.replace(/^.*@/s, '')}`;
  const withTls = tls === undefined ? {} : { tls };
  switch (scheme) {
    case 'unix':
      return { kind: 'socket', path: orElse(rest, '/var/run/docker.sock'), by, ...withTls };
    case 'npipe':
      return { kind: 'socket', path: orElse(rest, '//./pipe/docker_engine'), by, ...withTls };
    case 'tcp': {
      const found = /^(\[[\da-f:.%]+\]|[^:/[\]]*)(?::(\d*))?\/?$/is.exec(rest.replace(/^.*@/s, ''));
      const port = Number(orElse(found?.[2], '2375'));
      if (found === null || port < 1 || port > 65_535) {
        const meant = rest.startsWith('/') && existsSync(rest) ? `unix://${rest}` : 'tcp://host:2375';
        throw new NoAddress(`no Docker engine: ${by} is ${shown}`, `Write it like ${meant}.`);
      }
      const host = orElse(found[1], 'localhost').replace(/^\[|\]$/g, '');
      return { kind: 'tcp', host, port, by, ...withTls };
    }
    case 'ssh':
      throw new NoAddress(
        `no Docker engine: ${by} is ${shown}, and an engine is not reached over SSH here`,
        "Name an engine of another machine in the configuration: docker({ host: 'ssh://HOST' }); or choose this machine's.",
      );
    default:
      throw new NoAddress(
        `no Docker engine: ${by} is ${shown}; expected unix://, npipe:// or tcp://`,
        'Correct it, as `docker version` would need it, too.',
      );
  }
}

const configFile = z.object({ currentContext: z.string().default('') });

function currentContext(folder: string): string {
  const path = join(folder, 'config.json');
  return existsSync(path)
    ? parsed(path, configFile, 'Correct the file, or set DOCKER_HOST.').currentContext
    : '';
}

const contextFile = z.object({
  Endpoints: z.object({
    docker: z.object({ Host: z.string().default(''), SkipTLSVerify: z.boolean().default(false) }),
  }),
});

/** Reads a context of the docker CLI's store: `contexts/meta/<sha256 of its name>/meta.json`, certificates beside it in `tls`. */
function addressByContext(name: string, folder: string, by: string): EngineAddress {
  const id = createHash('sha256').update(name).digest('hex');
  const path = join(folder, 'contexts/meta', id, 'meta.json');
  const remedy = 'See `docker context ls`; choose one with `docker context use`, or set DOCKER_HOST.';
  if (!existsSync(path)) throw new NoAddress(`no Docker engine: ${by}, and there is no such context`, remedy);
  const { Host, SkipTLSVerify } = parsed(path, contextFile, remedy).Endpoints.docker;
  const certificates = join(folder, 'contexts/tls', id, 'docker');
  const tls =
    existsSync(certificates) || SkipTLSVerify ? tlsFrom(certificates, !SkipTLSVerify, by, false) : undefined;
  return addressOf(orElse(Host, 'unix://'), by, tls);
}

/** Reads ca.pem, cert.pem and key.pem of a folder. The last two go together; without them the engine asks for no client certificate. */
function tlsFrom(folder: string, verify: boolean, by: string, needsCa = verify): EngineTls {
  const read = (name: string, isNeeded: boolean): string | undefined => {
    const path = join(folder, name);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const code = systemErrorCode(error) ?? String(error);
      if (code === 'ENOENT' && !isNeeded) return undefined;
      throw new NoAddress(
        `no Docker engine: ${by} asks for TLS, and ${path} cannot be read (${code})`,
        'Put ca.pem, cert.pem and key.pem there, or name their folder in DOCKER_CERT_PATH.',
      );
    }
  };
  const ca = needsCa || verify ? read('ca.pem', needsCa) : undefined;
  const cert = read('cert.pem', existsSync(join(folder, 'key.pem')));
  const key = read('key.pem', cert !== undefined);
  return {
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** @throws NoAddress when the file is none of these. */
function parsed<T>(path: string, schema: z.ZodType<T>, remedy: string): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? `${error.issues[0]?.path.join('.') ?? ''}: ${error.issues[0]?.message ?? ''}`
        : (systemErrorCode(error) ?? 'not JSON');
    throw new NoAddress(`no Docker engine: ${path} cannot be read (${why})`, remedy);
  }
}

/** The code of a system error (`ENOENT`), found anywhere in a chain of causes. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return systemErrorCode(error.cause);
}
