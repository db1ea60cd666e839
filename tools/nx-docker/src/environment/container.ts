import { z } from 'zod';
import { type Engine, isStatus, wholeAnswer } from '../engine/connect-engine.ts';
import { endLeftShim } from '../engine/left-shim.ts';
import { isLeft, labelsOfRun, runLabel } from '../engine/run-labels.ts';

// an ID and a pid decide what is taken for a process of the container, and ended
const containerId = z.string().regex(/^[0-9a-f]{12,64}$/, 'expected an ID');
const address = z.union([z.ipv4(), z.ipv6(), z.literal('')], { error: 'expected an address' });

const stateAnswer = z.object({
  Id: containerId,
  State: z.object({
    Pid: z.int().nonnegative(),
    Running: z.boolean(),
    Paused: z.boolean().default(false),
    ExitCode: z.int(),
    OOMKilled: z.boolean(),
    Error: z.string(),
  }),
  NetworkSettings: z.object({
    SandboxKey: z.string().default(''),
    Networks: z.record(z.string(), z.object({ IPAddress: address })),
    Ports: z
      .record(
        z.string(),
        z
          .array(z.object({ HostIp: z.string(), HostPort: z.string().regex(/^\d{0,5}$/, 'expected a port') }))
          .nullable(),
      )
      .nullish(),
  }),
});

/** What the engine says of a container. */
export type ContainerState = {
  readonly id: string;
  /** The pid of its first process, as the engine's host sees it; 0 when it has ended. */
  readonly pid: number;
  readonly running: boolean;
  readonly paused: boolean;
  readonly exit: { readonly code: number; readonly outOfMemory: boolean; readonly error: string };
  /** Its address on the bridge; empty without a bridge. */
  readonly address: string;
  /** The host's port of its published port. */
  readonly publishedAt: number | undefined;
  /** The file of its network namespace; empty on the host's network. */
  readonly network: string;
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
    publishedAt: hostPort ? Number(hostPort) : undefined,
    network: NetworkSettings.SandboxKey,
  };
}

/** A line that an app wrote. */
type LogLine = {
  /** Milliseconds since 1970 by the engine's clock, with fractions; undefined from an engine that tells only seconds. */
  readonly atMs: number | undefined;
  readonly text: string;
};

// its log is kept up to 1 MiB (max-size)
const mostLogBytes = 4 * 2 ** 20;

/** The last lines that a container wrote to stdout and stderr. */
export async function containerLog(engine: Engine, name: string, lines: number): Promise<readonly LogLine[]> {
  const answer = await engine.open({
    method: 'GET',
    path: `/containers/${name}/logs`,
    query: { stdout: true, stderr: true, timestamps: true, tail: lines },
    signal: AbortSignal.timeout(5_000),
  });
  return demultiplex(await wholeAnswer(answer, mostLogBytes))
    .split('\n')
    .filter(Boolean)
    .map(parseLine);
}

/** Joins the frames of a log: 1 byte stream, 3 bytes nothing, 4 bytes length, then that many bytes (Engine API, "attach"). */
export function demultiplex(frames: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length;) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}

/** "2026-01-02T03:04:05.123456789Z listening on …" */
export function parseLine(line: string): LogLine {
  const [, second = '', fraction, text = line] = /^(\S+?)(\.\d+)?Z (.*)$/.exec(line) ?? [];
  return {
    atMs: fraction === undefined ? undefined : Date.parse(`${second}Z`) + Number(fraction) * 1000,
    text,
  };
}

/**
 * Ends a container and removes it with what it wrote.
 * @param graceS seconds for the app to end by itself; 0 to kill it.
 */
export async function removeContainer(
  engine: Engine,
  name: string,
  graceS: number,
  signal: AbortSignal,
): Promise<void> {
  const tolerate = (error: unknown): void => {
    // 304 ended already, 404 gone already, 409 being removed
    if (!isStatus(error, 304, 404, 409)) throw error;
  };
  const path = `/containers/${name}`;
  if (graceS > 0) {
    await engine
      .call({
        method: 'POST',
        path: `${path}/stop`,
        query: { t: graceS },
        signal,
        deadlineMs: graceS * 1000 + 20_000,
      })
      .catch(tolerate);
  }
  try {
    await endLeftShim(engine, name, signal);
  } finally {
    await engine
      .call({ method: 'DELETE', path, query: { force: true, v: true }, signal, deadlineMs: 30_000 })
      .catch(tolerate);
  }
}

const containersAnswer = z.array(
  z.object({ Id: containerId, Names: z.array(z.string()), Labels: z.record(z.string(), z.string()) }),
);

/**
 * Removes the containers of a run that this host started, or of every run whose runner is known to have ended.
 * @returns a line for each.
 */
export async function reapContainers(
  engine: Engine,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filters = { label: labelsOfRun(runId) };
  const found = await engine.ask(
    { method: 'GET', path: '/containers/json', query: { all: true, filters }, signal },
    containersAnswer,
  );
  const lines: string[] = [];
  for (const { Id, Names, Labels } of found) {
    if (!isLeft(Labels, runId, engine)) continue;
    await removeContainer(engine, Id, 0, signal);
    lines.push(`container ${Names[0]?.slice(1) ?? Id} of run ${Labels[runLabel] ?? '?'}`);
  }
  return lines;
}

const volumesAnswer = z.object({
  Volumes: z
    .array(z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() }))
    .nullish(),
});

/**
 * Removes the volumes without a container of a run that this host started, or of every run whose runner is known to have
 * ended.
 * @returns a line for each.
 */
export async function reapVolumes(
  engine: Engine,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filters = { label: labelsOfRun(runId) };
  const { Volumes } = await engine.ask(
    { method: 'GET', path: '/volumes', query: { filters }, signal },
    volumesAnswer,
  );
  const lines: string[] = [];
  for (const { Name, Labels } of Volumes ?? []) {
    if (!isLeft(Labels ?? {}, runId, engine)) continue;
    try {
      await engine.call({ method: 'DELETE', path: `/volumes/${Name}`, signal, deadlineMs: 30_000 });
      lines.push(`volume ${Name} of run ${Labels?.[runLabel] ?? '?'}`);
    } catch (error) {
      // 404 gone already
      if (!isStatus(error, 404)) throw error;
    }
  }
  return lines;
}
