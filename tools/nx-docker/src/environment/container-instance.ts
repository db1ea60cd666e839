import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { choosePort, type Instance, type Launch, type Milestone } from '@tare/environment';
import { messageOf } from '@tare/nx-kit';
import type { BoundedRequest, Engine } from '../engine/connect-engine.ts';
import { showAddress } from '../engine/engine-address.ts';
import type { ImageFacts } from '../image/images.ts';
import { containerMeters, type ContainerMeters } from './container-meters.ts';
import { type ContainerNetwork, containerPort, containerSpec } from './container-spec.ts';
import { containerLog, containerState, type ContainerState, removeContainer } from './container.ts';

/** What to start, and on which engine. */
type ContainerStart = {
  readonly engine: Engine;
  readonly image: ImageFacts;
  readonly network: ContainerNetwork;
  readonly sameKernel: boolean;
  readonly launch: Launch;
};

/**
 * Creates and starts a container.
 * @throws Error with the engine's reason; then nothing of the container is left.
 */
export async function startContainer(start: ContainerStart, signal: AbortSignal): Promise<Instance> {
  const { engine, image, network, launch, sameKernel } = start;
  const wanted = network === 'host' || launch.port !== undefined ? await choosePort(launch.port) : undefined;
  const appPort = network === 'published' ? containerPort : (wanted ?? containerPort);
  const hostPort = network === 'published' ? wanted : undefined;
  // a name of our own: if the create call breaks off, the ID stays unknown
  const name = `tare-${randomUUID()}`;
  const body = containerSpec({ launch, image, network, appPort, hostPort });
  const milestones: Milestone[] = [];
  const spawnedAt = process.hrtime.bigint();
  const spawnedWallMs = Date.now();
  const reach = (milestone: string): void => {
    milestones.push({ name: milestone, atMs: Number(process.hrtime.bigint() - spawnedAt) / 1e6 });
  };
  // the signal does not cut it off, because the engine would finish the creation after the removal
  const order = (path: string, rest: Pick<BoundedRequest, 'query' | 'body'> = {}): Promise<string> =>
    engine.call({ method: 'POST', path, ...rest, signal: AbortSignal.timeout(60_000), deadlineMs: 60_000 });
  try {
    await order('/containers/create', { query: { name }, body });
    reach('created');
    signal.throwIfAborted();
    // a poll of a port of the bridge before this returns costs a second
    await order(`/containers/${name}/start`);
    reach('started');
    signal.throwIfAborted();
    const state = await containerState(engine, name, signal);
    const authority = {
      bridge: `${state.address}:${appPort}`,
      host: `127.0.0.1:${appPort}`,
      published: `127.0.0.1:${state.publishedAt ?? hostPort ?? ''}`,
    }[network];
    return containerInstance({
      engine,
      name,
      state,
      url: new URL(`http://${authority}/`),
      spawnedAt,
      spawnedWallMs,
      milestones,
      sameKernel,
    });
  } catch (cause) {
    // the cause matters more; reap finds by its label what cannot be removed now
    await removeContainer(engine, name, 0, AbortSignal.timeout(30_000)).catch(() => undefined);
    signal.throwIfAborted();
    const why = messageOf(cause);
    const taken = hostPort !== undefined && /already (allocated|in use)/.test(why);
    throw new Error(
      taken
        ? `port ${hostPort} on 127.0.0.1 is in use; choose another port`
        : `the container did not start: ${why}`,
      {
        cause,
      },
    );
  }
}

/** A container that has been started. */
type StartedContainer = {
  readonly engine: Engine;
  readonly name: string;
  readonly state: ContainerState;
  readonly url: URL;
  readonly spawnedAt: bigint;
  /** Wall clock at `spawnedAt`, in milliseconds since 1970, because log lines carry wall-clock times. */
  readonly spawnedWallMs: number;
  readonly milestones: readonly Milestone[];
  readonly sameKernel: boolean;
};

const logLines = 50;
const stopGraceS = 3;

/** Makes an {@link Instance} of a started container. */
function containerInstance(container: StartedContainer): Instance {
  const { engine, name, state, spawnedWallMs } = container;
  const waiting = new AbortController();
  let meters: ContainerMeters | undefined;
  let listening: Milestone | undefined;
  let finalLog: string | undefined;
  let removal: Promise<void> | undefined;

  const lastLog = async (): Promise<string> => {
    if (finalLog !== undefined) return finalLog;
    const lines = (await containerLog(engine, name, logLines)).map((line) => line.text);
    // a container that somebody has paused neither ends nor answers
    const { paused } = await containerState(engine, name, AbortSignal.timeout(5_000));
    return [...lines, ...(paused ? [`(the container is paused: docker unpause ${name})`] : [])].join('\n');
  };
  const remove = async (): Promise<void> => {
    await Promise.all([meters?.net.close(), meters?.gross.close()]);
    finalLog = await lastLog().catch(() => '');
    try {
      await removeContainer(engine, name, stopGraceS, AbortSignal.timeout(60_000));
    } catch (cause) {
      const why = messageOf(cause);
      const how = container.sameKernel && killFirstProcess(state) ? 'its processes are ended, but it' : 'it';
      throw new Error(
        `the container ${name} could not be removed: ${why}; ${how} is left until the next run or: docker rm -f ${name}`,
        { cause },
      );
    } finally {
      waiting.abort();
    }
  };

  return {
    startKind: 'cold',
    url: container.url,
    spawnedAt: container.spawnedAt,
    started: Promise.resolve(),
    ended: howItEnded(engine, name, waiting.signal),
    milestones: async () => {
      // the engine's clock is this host's only if they share a kernel
      if (listening === undefined && container.sameKernel && finalLog === undefined) {
        const lines = await containerLog(engine, name, logLines);
        const line = lines.find((each) => each.text.startsWith('listening on '));
        if (line !== undefined) listening = { name: 'listening', atMs: line.atMs - spawnedWallMs };
      }
      return [...container.milestones, ...(listening === undefined ? [] : [listening])].sort(
        (a, b) => a.atMs - b.atMs,
      );
    },
    meters: () => Promise.resolve((meters ??= containerMeters(engine, state, container.sameKernel))),
    lastLog,
    stop: () => {
      // a stop that failed may be tried again
      removal ??= remove().catch((error: unknown) => {
        removal = undefined;
        throw error;
      });
      return removal;
    },
  };
}

/** An engine that died leaves its containers running; killing the first process ends the others too. */
function killFirstProcess({ id, pid }: ContainerState): boolean {
  try {
    if (!readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id)) return false;
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

async function howItEnded(engine: Engine, name: string, signal: AbortSignal): Promise<string> {
  try {
    const query = { condition: 'not-running' };
    await text(await engine.open({ method: 'POST', path: `/containers/${name}/wait`, query, signal }));
    const { exit } = await containerState(engine, name, signal);
    const memory = exit.outOfMemory ? ', out of memory' : '';
    return `the container ended with exit code ${exit.code}${memory}${exit.error === '' ? '' : `: ${exit.error}`}`;
  } catch (error) {
    if (signal.aborted) return 'the container was stopped';
    const why = messageOf(error);
    return `the Docker engine at ${showAddress(engine.address)} does not tell of the container any more: ${why}`;
  }
}
