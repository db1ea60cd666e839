import { randomUUID } from 'node:crypto';
import { choosePort, type Instance, type Launch, type Milestone } from '@tare/environment';
import type { BoundedRequest, Engine } from '../engine/connect-engine.ts';
import type { ImageFacts } from '../image/inspect-image.ts';
import { containerInstance } from './container-instance.ts';
import { containerPort, type ContainerNetwork } from './container-path.ts';
import { containerSpec } from './container-spec.ts';
import { containerState } from './container-state.ts';
import { removeContainer } from './remove-container.ts';

/** What to start, and on which engine. */
export type ContainerStart = {
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
  // a name known beforehand: after a create call that broke off the ID is not
  const name = `tare-${randomUUID()}`;
  const body = containerSpec({ launch, image, network, appPort, hostPort });
  const milestones: Milestone[] = [];
  const spawnedAt = process.hrtime.bigint();
  const spawnedWallMs = Date.now();
  const reach = (milestone: string): void => {
    milestones.push({ name: milestone, atMs: Number(process.hrtime.bigint() - spawnedAt) / 1e6 });
  };
  // not cut off by the signal: the engine would finish the creation after the removal
  const order = (path: string, rest: Pick<BoundedRequest, 'query' | 'body'> = {}): Promise<string> =>
    engine.call({ method: 'POST', path, ...rest, signal: AbortSignal.timeout(60_000), deadlineMs: 60_000 });
  try {
    await order('/containers/create', { query: { name }, body });
    reach('created');
    signal.throwIfAborted();
    // whoever polls a port of the bridge before this has returned loses a second
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
    // the cause matters more; what cannot be removed now, reap finds by its label
    await removeContainer(engine, name, 0, AbortSignal.timeout(30_000)).catch(() => undefined);
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
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
