import { randomUUID } from 'node:crypto';
import {
  type Artifact,
  choosePort,
  type Instance,
  type Launch,
  type Meters,
  type Milestone,
  type WantedPort,
  whyUnreachable,
} from '@tare/environment';
import { messageOf } from '@tare/nx-kit';
import { type BoundedRequest, type Engine, isStatus, wholeAnswer } from '../engine/connect-engine.ts';
import { nameEngine } from '../engine/engine-address.ts';
import type { EngineTraits } from '../engine/engine-source.ts';
import { fixedTar, type TarEntry } from '../fixed-tar.ts';
import { dataFolder } from '../image/build-context.ts';
import type { ImageFacts } from '../image/images.ts';
import { containerMeters, containerPids, isSeenHere } from './container-meters.ts';
import { type ContainerNetwork, containerPort, containerSpec } from './container-spec.ts';
import { containerLog, containerState, type ContainerState, removeContainer } from './container.ts';

/** What to start, and on which engine. */
type ContainerStart = {
  readonly engine: Engine;
  readonly image: ImageFacts;
  readonly network: ContainerNetwork;
  readonly sameKernel: boolean;
  readonly traits: EngineTraits;
  readonly launch: Launch;
};

/**
 * Creates and starts a container.
 * @throws Error with the engine's reason; then nothing of the container is left.
 */
export async function startContainer(start: ContainerStart, signal: AbortSignal): Promise<Instance> {
  const { engine, image, network, launch, sameKernel, traits } = start;
  const appPort =
    network === 'host' ? await choosePort(launch.port) : (launch.port ?? portOf(launch.artifact));
  // a name of our own: if the create call breaks off, the ID stays unknown
  const name = `tare-${randomUUID()}`;
  const body = containerSpec({ launch, image, network, traits, appPort });
  const milestones: Milestone[] = [];
  const spawnedAt = process.hrtime.bigint();
  const spawnedWallMs = Date.now();
  const reach = (milestone: string): void => {
    milestones.push({ name: milestone, atMs: Number(process.hrtime.bigint() - spawnedAt) / 1e6 });
  };
  // the signal does not cut it off, because the engine would finish the creation after the removal
  const order = (path: string, rest: Partial<BoundedRequest> = {}): Promise<string> =>
    engine.call({ method: 'POST', path, signal: AbortSignal.timeout(60_000), deadlineMs: 60_000, ...rest });
  try {
    await order('/containers/create', { query: { name }, body });
    reach('created');
    if (launch.artifact.kind === 'image' && launch.dataVariable !== undefined) {
      // nobody knows whom the image runs as, and a fresh volume is root's where the image has no such folder
      const data: TarEntry = { name: `${dataFolder.slice(1)}/`, type: 'directory', mode: 0o1777 };
      await order(`/containers/${name}/archive`, {
        method: 'PUT',
        query: { path: '/' },
        archive: fixedTar([data]),
      });
    }
    signal.throwIfAborted();
    // a poll of a port of the bridge before this returns costs a second
    await order(`/containers/${name}/start`);
    reach('started');
    signal.throwIfAborted();
    const state = await containerState(engine, name, signal);
    if (!state.running) {
      const log = (await containerLog(engine, name, logLines)).map(({ text }) => `\n${text}`);
      throw new Error(`${await howItEnded(engine, traits, name, signal)}${log.join('')}`);
    }
    const authority = {
      bridge: `${state.address}:${appPort}`,
      host: `127.0.0.1:${appPort}`,
      published: `${traits.published.at}:${state.publishedAt ?? ''}`,
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
      traits,
      wanted: {
        port: appPort,
        isFixed: launch.port !== undefined,
        // what comes in over a network of its own comes to no loopback
        address: network === 'host' ? '127.0.0.1' : '0.0.0.0',
      },
    });
  } catch (cause) {
    // the cause matters more; reap finds by its label what cannot be removed now
    await removeContainer(engine, name, 0, AbortSignal.timeout(30_000)).catch(() => undefined);
    signal.throwIfAborted();
    const why = whyNotStarted(messageOf(cause), launch.artifact);
    throw new Error(`the container did not start: ${why}`, { cause });
  }
}

/** The port that an app listens on which was not told one: the only one that its image exposes, else that of PORT. */
function portOf(artifact: Artifact): number {
  const [port, ...others] = artifact.kind === 'image' ? artifact.config.ports : [];
  return port === undefined || others.length > 0 ? containerPort : port;
}

/** What runc says of a program that is not there, in words that lead to what to do; else what the engine said. */
function whyNotStarted(said: string, { kind }: Artifact): string {
  const [, program] = /exec: "([^"]+)": (?:stat|executable file not found|no such file)/.exec(said) ?? [];
  if (program === undefined) return said;
  if (/(?:^|\/)(?:ba|da|a)?sh$/.test(program) && kind === 'image') {
    return `its image has no shell ${program}, which its command needs: write ENTRYPOINT and CMD as lists (["node", "main.js"]), or add a shell to the image`;
  }
  const remedy =
    kind === 'files'
      ? 'correct the command, or name a base that has it (base: { packages: […] } or { image: … })'
      : 'correct its ENTRYPOINT and CMD';
  return `there is no program ${program} in its image: ${remedy}`;
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
  readonly traits: EngineTraits;
  readonly wanted: WantedPort;
};

const logLines = 50;
const stopGraceS = 3;

/** Makes an {@link Instance} of a started container. */
function containerInstance(container: StartedContainer): Instance {
  const { engine, name, state, spawnedWallMs } = container;
  const { client = 'docker' } = engine.address;
  const waiting = new AbortController();
  let meters: Meters | undefined;
  let listening: Milestone | undefined;
  let finalLog: string | undefined;
  let removal: Promise<void> | undefined;

  const lastLog = async (): Promise<string> => {
    if (finalLog !== undefined) return finalLog;
    const lines = (await containerLog(engine, name, logLines)).map((line) => line.text);
    // a container that somebody has paused neither ends nor answers
    const { paused } = await containerState(engine, name, AbortSignal.timeout(5_000));
    return [...lines, ...(paused ? [`(the container is paused: ${client} unpause ${name})`] : [])].join('\n');
  };
  const remove = async (): Promise<void> => {
    await Promise.all([meters?.net?.close(), meters?.gross?.close()]);
    finalLog = await lastLog().catch(() => '');
    try {
      await removeContainer(engine, name, stopGraceS, AbortSignal.timeout(60_000));
    } catch (cause) {
      const why = messageOf(cause);
      const how = container.sameKernel && killFirstProcess(state) ? 'its processes are ended, but it' : 'it';
      throw new Error(
        `the container ${name} could not be removed: ${why}; ${how} is left until the next run or: ${client} rm -f ${name}`,
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
    ended: howItEnded(engine, container.traits, name, waiting.signal),
    milestones: async () => {
      // the engine's clock is this host's only if they share a kernel
      if (listening === undefined && container.sameKernel && finalLog === undefined) {
        const lines = await containerLog(engine, name, logLines);
        const line = lines.find((each) => each.text.startsWith('listening on '));
        if (line?.atMs !== undefined) listening = { name: 'listening', atMs: line.atMs - spawnedWallMs };
      }
      return [...container.milestones, ...(listening === undefined ? [] : [listening])].sort(
        (a, b) => a.atMs - b.atMs,
      );
    },
    meters: () =>
      Promise.resolve((meters ??= containerMeters(engine, state, container.sameKernel, container.traits))),
    lastLog,
    whyUnreachable: () => Promise.resolve(whyUnreachable(containerPids(state), container.wanted)),
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
function killFirstProcess(state: ContainerState): boolean {
  try {
    if (!isSeenHere(state)) return false;
    process.kill(state.pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

async function howItEnded(
  engine: Engine,
  { wait }: EngineTraits,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    await wholeAnswer(await engine.open({ method: 'POST', ...wait(name), signal }));
    const { exit } = await containerState(engine, name, signal);
    const memory = exit.outOfMemory ? ', out of memory' : '';
    const last = (await containerLog(engine, name, 1))[0]?.text ?? '';
    // runc starts a script, and the kernel does not find what its first line names
    const interpreter = /^(?:standard_init_linux.* )?exec .*no such file or directory$/.test(last)
      ? '; its command is a script or a program whose interpreter (/bin/sh, the dynamic linker) is not in its image'
      : '';
    return `the container ended with exit code ${exit.code}${memory}${exit.error === '' ? '' : `: ${exit.error}`}${interpreter}`;
  } catch (error) {
    if (signal.aborted) return 'the container was stopped';
    // 404 gone, 409 on its way
    if (isStatus(error, 404, 409)) return 'somebody has removed the container';
    const why = messageOf(error);
    return `${nameEngine(engine.address)} no longer answers for the container: ${why}`;
  }
}
