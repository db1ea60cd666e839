import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Instance, Milestone } from '@tare/environment';
import { showAddress } from '../engine/engine-address.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { containerLog } from './container-log.ts';
import { containerMeters, type ContainerMeters } from './container-meters.ts';
import { containerState, type ContainerState } from './container-state.ts';
import { removeContainer } from './remove-container.ts';

/** A container that has been started. */
export type StartedContainer = {
  readonly engine: Engine;
  readonly name: string;
  readonly state: ContainerState;
  readonly url: URL;
  readonly spawnedAt: bigint;
  /** Wall clock at `spawnedAt`, in milliseconds since 1970: log lines carry wall-clock times. */
  readonly spawnedWallMs: number;
  readonly milestones: readonly Milestone[];
  readonly sameKernel: boolean;
};

const logLines = 50;
const stopGraceS = 3;

/** Makes an {@link Instance} of a started container. */
export function containerInstance(container: StartedContainer): Instance {
  const { engine, name, state, spawnedWallMs } = container;
  const waiting = new AbortController();
  let meters: ContainerMeters | undefined;
  let listening: Milestone | undefined;
  let finalLog: string | undefined;
  let removal: Promise<void> | undefined;

  const lastLog = async (): Promise<string> => {
    if (finalLog !== undefined) return finalLog;
    const lines = (await containerLog(engine, name, logLines)).map((line) => line.text);
    // a container that somebody has paused does not end, and answers nothing
    const { paused } = await containerState(engine, name, AbortSignal.timeout(5_000));
    return [...lines, ...(paused ? [`(the container is paused: docker unpause ${name})`] : [])].join('\n');
  };
  const remove = async (): Promise<void> => {
    await Promise.all([meters?.net.close(), meters?.gross.close()]);
    finalLog = await lastLog().catch(() => '');
    try {
      await removeContainer(engine, name, stopGraceS, AbortSignal.timeout(60_000));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
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
      // the engine's clock is this host's only where they share a kernel
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

/** An engine that died leaves its containers running; the first process takes the others along. */
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
    const why = error instanceof Error ? error.message : String(error);
    return `the Docker engine at ${showAddress(engine.address)} does not tell of the container any more: ${why}`;
  }
}
