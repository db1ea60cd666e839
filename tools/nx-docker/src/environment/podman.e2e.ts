import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Artifact,
  type Environment,
  type Instance,
  type Launch,
  requiredKinds,
  type RunContext,
  thisRunner,
} from '@tare/environment';
import { findProgram, processesInReach, processMeter, waitForHttp } from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, describe, expect, test } from 'vitest';
import { engineForTests, imageForTests, observedApp, plainLaunch } from '../../fixtures/real-engine.ts';
import { podmanEngine } from '../engine/podman-engine.ts';
import { removeImage } from '../image/images.ts';
import type { ImageRecord } from '../records.ts';
import { podman, type PodmanOptions } from './podman.ts';

const signal = AbortSignal.timeout(300_000);
const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('a user is named only for Podman without root', () => {
  expect(podman({ user: 'ada' }).name).toBe('podman:rootless');
  expect(() => podman({ user: 'ada', rootless: false })).toThrow('user is "ada" and rootless is false');
});

/** The environment in question; undefined, with the reason printed, where it is not usable. */
async function podmanForTests(options: PodmanOptions): Promise<Environment | undefined> {
  const environment = podman({ ...options, images: pathToFileURL(`${folder}/`) });
  const found = await environment.probe(signal);
  if (found.usable) return environment;
  await environment.dispose();
  const line = `${found.reason}. ${found.remedy}`;
  if (requiredKinds().has(environment.name)) throw new Error(line);
  process.stdout.write(`tests with ${environment.name} skipped: ${line}\n`);
  return undefined;
}

const isRootWithPodman = process.getuid?.() === 0 && findProgram('podman') !== undefined;

describe.skipIf(!isRootWithPodman)('an account that cannot run it', () => {
  test.each([
    ['tare-test-nobody', 'there is no such account', 'useradd --create-home tare-test-nobody'],
    ['daemon', 'daemon has no range of subordinate IDs in /etc/subuid', 'usermod --add-subuids'],
    ['root', 'which is root', 'podman()'],
    ['--help', 'there is no such account', 'name another'],
  ])('%s is named with what to do', async (user, reason, remedy) => {
    const environment = podman({ user });
    const found = await environment.probe(signal);
    expect(found.usable ? '' : found.reason).toContain(reason);
    expect(found.usable ? '' : found.remedy).toContain(remedy);
    await environment.dispose();
  });
});

const docker = await engineForTests();
const workload = `tare-test-podman-${process.pid}`;
let artifact: Artifact;
let record: ImageRecord;
beforeAll(async () => {
  if (docker !== undefined)
    ({ artifact, record } = await imageForTests(docker.engine, folder, workload, observedApp, signal));
});
afterAll(async () => {
  if (docker !== undefined) await removeImage(docker.engine, record.id, signal);
});

const kinds = [
  { name: 'podman', options: {}, environment: await podmanForTests({}), around: ['conmon'] },
  {
    name: 'podman:rootless',
    options: { rootless: true },
    environment: await podmanForTests({ rootless: true }),
    around: ['conmon', 'rootlessport-child'],
  },
];

describe.each(kinds)('$name', ({ name, options, environment, around }) => {
  if (environment === undefined || docker === undefined) {
    test.skip('runs apps');
    return;
  }
  const context: RunContext = {
    runId: randomUUID(),
    resources: { cpus: 1, memoryMiB: 200, serverCpus: [0], nodeArguments: ['--max-old-space-size=100'] },
    nodeBinary: process.execPath,
    nodeVersion: process.version,
  };
  const start = async (rest: Partial<Launch> = {}): Promise<Instance> => {
    await environment.prepare(artifact, context, signal);
    const launch = plainLaunch(artifact, context);
    const instance = await environment.start({ ...launch, ...rest }, signal);
    const { url, spawnedAt: since } = instance;
    await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 20_000, signal });
    return instance;
  };
  const ask = async ({ url }: Instance, path = '/'): Promise<unknown> =>
    (await fetch(new URL(path, url))).json();
  // of this process alone: others may use Podman at the same time
  const own = `tare-service-${name.replace(':', '-')}-${thisRunner()}-`;
  // those of the account, too
  const services = () =>
    processesInReach().filter(({ variables }) => variables.get('TARE_SERVICE')?.includes(own) === true);
  const folders = (): readonly string[] => readdirSync(tmpdir()).filter((each) => each.startsWith(own));

  afterEach(async () => {
    await environment.reap(context.runId, signal);
  });
  afterAll(async () => {
    await environment.dispose();
    // the image stays in Podman's store, as it does after a run
    const source = podmanEngine({ rootless: name !== 'podman', user: undefined });
    const engine = await source.reach(signal);
    if (engine !== undefined) await removeImage(engine, record.id, signal);
    await source.close();
  });

  test('the app runs the same image as in Docker, read-only, without capabilities, on its CPU', async () => {
    expect(await environment.prepare(artifact, context, signal)).toMatchObject({ imageId: record.id });
    const inside = await ask(await start());
    expect(inside).toMatchObject({ uid: 65534, root: 'EROFS' });
    const { status, uidMap } = inside as { readonly status: string; readonly uidMap: readonly string[] };
    for (const line of ['CapEff:\t0000000000000000', 'NoNewPrivs:\t1', 'Cpus_allowed_list:\t0\n'])
      expect(status).toContain(line);
    expect(uidMap[1] === '0').toBe(name === 'podman');
  });

  test('gross counts what serves the container alone, and grows with net under load', async () => {
    const instance = await start();
    const { net, gross } = await instance.meters();
    assert(net && gross);
    const service = processMeter({ scope: 'the service', pids: () => services().map(({ pid }) => pid) });
    const read = async () => ({
      net: await net.read(),
      gross: await gross.read(),
      service: await service.read(),
    });
    const before = await read();
    for (let request = 0; request < 10; request++) await fetch(new URL('/burn', instance.url));
    const after = await read();
    // it is not counted, so it must be at rest while an app is measured
    const served = after.net.cpuNs - before.net.cpuNs;
    expect(after.service.cpuNs - before.service.cpuNs).toBeLessThan(served / 3n);
    // ten times 20 ms; /proc counts in steps of 10 ms
    expect(Number(after.net.cpuNs - before.net.cpuNs) / 1e6).toBeGreaterThan(100);
    expect(after.gross.cpuNs).toBeGreaterThanOrEqual(after.net.cpuNs);
    expect(after.gross.memoryBytes).toBeGreaterThan(after.net.memoryBytes);
    expect(net.scope).toBe('the app’s processes in the container');
    for (const each of around) expect(gross.scope).toContain(each);
  });

  test('an app that ends by itself says how, and a stop leaves no container', async () => {
    const instance = await start({ dataVariable: 'DATA' });
    expect(await ask(instance, '/file')).toMatchObject({ kept: 'done' });
    await fetch(new URL('/end', instance.url)).catch(() => undefined);
    expect(await instance.ended).toBe('the container ended with exit code 7');
    await instance.stop();
    expect(await instance.lastLog()).toContain('the last words');
    expect(await environment.reap(context.runId, signal)).toEqual([]);
  });

  test('a run that is gone leaves its containers to be found, and no service', async () => {
    await start({ dataVariable: 'DATA' });
    expect(folders()).toHaveLength(1);
    // as another process would that cleans up after this one
    const lines = await podman(options).reap(context.runId, signal);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^container tare-\\S+ of run ${context.runId}$`)),
    ]);
    await environment.dispose();
    expect(folders()).toEqual([]);
    expect(services()).toEqual([]);
  });
});
