import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort } from '@tare/environment';
import { postStandBy, type StandBy } from '@tare/metrics';
import { type BoundedRequest, type Engine, wholeAnswer } from '../engine/connect-engine.ts';
import { labelsFor } from '../engine/run-labels.ts';
import { containerPort } from '../environment/container-spec.ts';
import { containerState, reapContainers, removeContainer } from '../environment/container.ts';
import { dataFolder } from '../image/build-context.ts';
import type { ImageFacts } from '../image/images.ts';
import { fetchFailure } from './retry.ts';

/** What is run, and how it is reached. */
type RunOptions = {
  /** For messages. */
  readonly project: string;
  /** Of the volume, and with a number the container's: "tare-shop-api". */
  readonly name: string;
  readonly image: ImageFacts;
  /** Path of the engine's socket, if it is not that of the docker CLI. */
  readonly socket?: string | undefined;
  /** Port of 127.0.0.1; undefined for the image's own, 0 for a free one. */
  readonly port?: number | undefined;
  /** Port in the container; undefined for the only one that the image exposes. */
  readonly containerPort?: number | undefined;
  /** Path that answers 2xx when it is up; undefined for any answer of `/`; "none" to wait for nothing. */
  readonly health?: string | undefined;
  readonly healthDeadlineMs: number;
  /** Variable that gets the folder of the volume. */
  readonly data?: string | undefined;
  /** Where the volume is in the container. */
  readonly volume?: string | undefined;
  /** "NAME=value" */
  readonly variables: readonly string[];
  /** Gets a line about what happens. */
  readonly tell: (line: string) => void;
};

/**
 * Runs an image as it ships on a port of 127.0.0.1 until the signal aborts or it ends, and passes its log on. Nothing is left but the
 * volume, even if this process is killed: another one stands by and removes the container.
 * @returns whether it was ended from here, or ended by itself without an error.
 * @throws Error in one line when it does not start or does not get up.
 */
export async function runImage(engine: Engine, options: RunOptions, signal: AbortSignal): Promise<boolean> {
  const { project, tell } = options;
  // what a killed run has left may have the port
  for (const line of await reapContainers(engine, undefined, signal)) tell(`removed what was left: ${line}`);
  const ports = await chosenPorts(options);
  // what stands by for an earlier run must not end this one
  const name = `${options.name}-${randomUUID().slice(0, 8)}`;
  const remover = await postRemover(name, options.socket);
  try {
    // the signal does not cut it off, because the engine would finish the creation after the removal
    const order = (path: string, rest: Partial<BoundedRequest> = {}): Promise<string> =>
      engine.call({ method: 'POST', path, signal: AbortSignal.timeout(60_000), deadlineMs: 60_000, ...rest });
    await order('/containers/create', { query: { name }, body: specOf(options, ports) });
    signal.throwIfAborted();
    await order(`/containers/${name}/start`);
    const log = passOn(await openLog(engine, name, signal));
    const ended = waitForEnd(engine, name, signal);
    // where the service does not get up, nobody awaits it
    ended.catch(() => undefined);
    const url = `http://127.0.0.1:${ports.host}/`;
    const up = await Promise.race([waitForHealth(url, options, signal), ended]);
    if (up !== 'ended') {
      const kept = volumeOf(options) === undefined ? '' : `; its data is kept in the volume ${options.name}`;
      tell(`${project} runs at ${url}${up}${kept}; Ctrl-C ends it`);
      await ended;
    }
    await log;
    const { exit } = await containerState(engine, name, signal);
    const why = exit.outOfMemory ? ', out of memory' : '';
    tell(`${project} has ended by itself, with exit code ${exit.code}${why}`);
    return exit.code === 0;
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
  } finally {
    await removeContainer(engine, name, graceS, AbortSignal.timeout(60_000));
    remover.dismiss();
    if (signal.aborted) tell(`${project} is ended`);
  }
}

async function waitForEnd(engine: Engine, name: string, signal: AbortSignal): Promise<'ended'> {
  const query = { condition: 'not-running' };
  await wholeAnswer(await engine.open({ method: 'POST', path: `/containers/${name}/wait`, query, signal }));
  return 'ended';
}

type Ports = { readonly host: number; readonly container: number; readonly isTold: boolean };

async function chosenPorts({ port, containerPort: wanted, image }: RunOptions): Promise<Ports> {
  const exposed = image.Config.ExposedPorts.flatMap((each) => /^(\d+)(?:\/tcp)?$/.exec(each)?.[1] ?? []).map(
    Number,
  );
  const [only, ...others] = exposed;
  if (wanted === undefined && others.length > 0)
    throw new Error(`the image exposes the ports ${exposed.join(', ')}: say which with --containerPort`);
  const container = wanted ?? only ?? containerPort;
  // as it ships, it knows the port that it exposes; another one it has to be told
  const isTold = !exposed.includes(container);
  return { host: await choosePort((port ?? container) || undefined), container, isTold };
}

/** Where the volume is; undefined without one. */
function volumeOf({ volume, data }: RunOptions): string | undefined {
  return volume ?? (data === undefined ? undefined : dataFolder);
}

/** The body of `POST /containers/create`: the image as it is, and a way in. */
function specOf(options: RunOptions, ports: Ports): object {
  const { name, image, data, variables } = options;
  const port = `${ports.container}/tcp`;
  const target = volumeOf(options);
  return {
    Image: image.Id,
    Env: [
      ...(ports.isTold ? [`PORT=${ports.container}`] : []),
      ...(data === undefined ? [] : [`${data}=${target ?? ''}`]),
      ...variables,
    ],
    Labels: labelsFor(name),
    ExposedPorts: { [port]: {} },
    HostConfig: {
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(ports.host) }] },
      ...(target === undefined ? {} : { Mounts: [{ Type: 'volume', Source: name, Target: target }] }),
      // the log is passed on, whatever driver the engine has as its default
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
    },
  };
}

const pollMs = 100;

/** @returns how long it took, in words. */
async function waitForHealth(
  url: string,
  { health, healthDeadlineMs, project }: RunOptions,
  signal: AbortSignal,
): Promise<string> {
  if (health === 'none') return '';
  const asked = new URL(health ?? '/', url);
  const since = performance.now();
  const late = AbortSignal.timeout(healthDeadlineMs);
  let last = 'no answer';
  while (!late.aborted) {
    signal.throwIfAborted();
    try {
      const answer = await fetch(asked, { redirect: 'manual', signal: AbortSignal.any([signal, late]) });
      await answer.body?.cancel();
      if (health === undefined || answer.ok)
        return `, up after ${((performance.now() - since) / 1000).toFixed(1)} s`;
      last = `status ${answer.status}`;
    } catch (error) {
      if (!late.aborted) last = fetchFailure(error);
    }
    await sleep(pollMs, undefined, { signal });
  }
  const wanted = health === undefined ? 'does not answer' : 'does not answer 2xx';
  const remedy = 'it must listen on 0.0.0.0; --health names another path, or none to wait for nothing';
  throw new Error(
    `${project} ${wanted} at ${asked.pathname} after ${healthDeadlineMs / 1000} s (${last}): ${remedy}`,
  );
}

function openLog(engine: Engine, name: string, signal: AbortSignal): Promise<Readable> {
  const query = { stdout: true, stderr: true, follow: true };
  return engine.open({ method: 'GET', path: `/containers/${name}/logs`, query, signal });
}

/** Writes what a container writes to the same streams of this process. */
async function passOn(log: Readable): Promise<void> {
  try {
    for await (const { isError, bytes } of frames(log))
      (isError ? process.stderr : process.stdout).write(bytes);
  } catch {
    // the log breaks off with the engine or the signal, and those are noticed elsewhere
  }
}

/**
 * Reads the frames of a log as they come: 1 byte stream, 3 bytes nothing, 4 bytes length, then that many bytes (Engine API,
 * "attach").
 */
export async function* frames(
  log: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly isError: boolean; readonly bytes: Buffer }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of log) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { isError: rest[0] === 2, bytes: rest.subarray(8, end) };
      rest = rest.subarray(end);
    }
  }
}

const graceS = 5;

const standByFile = fileURLToPath(import.meta.url).replace(/run-image\.([jt]s)$/, 'stand-by.$1');

/** Posts a process that removes the container when this one ends without having done so: after Ctrl-C, Nx leaves a task no time. */
async function postRemover(container: string, socket: string | undefined): Promise<StandBy> {
  const posted = postStandBy(standByFile, socket === undefined ? [container] : [container, socket]);
  if (!(await posted.launched)) throw new Error(`the process that is to end ${container} did not start`);
  return posted;
}
