import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';

const stateAnswer = z.object({
  Id: z.string(),
  State: z.object({
    Pid: z.int(),
    Running: z.boolean(),
    Paused: z.boolean().default(false),
    ExitCode: z.int(),
    OOMKilled: z.boolean(),
    Error: z.string(),
  }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string() })),
    Ports: z
      .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable())
      .nullish(),
  }),
});

/** What the engine says of a container. */
export type ContainerState = {
  readonly id: string;
  /** Of its first process, as the engine's host sees it; 0 when it has ended. */
  readonly pid: number;
  readonly running: boolean;
  readonly paused: boolean;
  readonly exit: { readonly code: number; readonly outOfMemory: boolean; readonly error: string };
  /** On the bridge; empty without one. */
  readonly address: string;
  /** The host's port that a port is published at. */
  readonly publishedAt: number | undefined;
};

/** Asks for a container by name or ID. */
export async function containerState(
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<ContainerState> {
  const { Id, State, NetworkSettings } = await engine.ask(
    { method: 'GET', path: `/containers/${name}/json`, signal },
    stateAnswer,
  );
  const hostPort = Object.values(NetworkSettings.Ports ?? {}).flatMap((bindings) => bindings ?? [])[0]
    ?.HostPort;
  return {
    id: Id,
    pid: State.Pid,
    running: State.Running,
    paused: State.Paused,
    exit: { code: State.ExitCode, outOfMemory: State.OOMKilled, error: State.Error },
    address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '',
    publishedAt: hostPort === undefined ? undefined : Number(hostPort),
  };
}
