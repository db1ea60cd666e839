import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Artifact, type Instance, type Launch, type RunContext, thisRunner } from '@tare/environment';
import { waitForHttp } from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, describe, expect, test } from 'vitest';
import { engineForTests, imageForTests, observedApp, plainLaunch } from '../../fixtures/real-engine.ts';
import { removeImage } from '../image/images.ts';
import type { ImageRecord } from '../records.ts';
import { statsMeter } from './container-meters.ts';
import { docker } from './docker.ts';

const found = await engineForTests();
const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
const signal = AbortSignal.timeout(300_000);
const workload = `tare-test-environment-${process.pid}`;
const images = pathToFileURL(`${folder}/`);
const context: RunContext = {
  runId: randomUUID(),
  resources: { cpus: 1, memoryMiB: 200, serverCpus: [0], nodeArguments: ['--max-old-space-size=100'] },
  nodeBinary: process.execPath,
  nodeVersion: process.version,
};

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('a socket that is not there makes the environment unusable, with a remedy', async () => {
  const probe = await docker({ socket: join(folder, 'none.sock') }).probe(signal);
  expect(probe).toMatchObject({ usable: false, reason: `no Docker engine at ${folder}/none.sock (ENOENT)` });
});

test('a probe that is aborted does not throw', async () => {
  expect(await docker().probe(AbortSignal.abort())).toMatchObject({ usable: false });
});

describe.skipIf(found === undefined)('with a real engine', () => {
  const engine = found?.engine;
  if (engine === undefined) return;
  let artifact: Artifact;
  let record: ImageRecord;
  const running: Instance[] = [];

  beforeAll(async () => {
    ({ artifact, record } = await imageForTests(engine, folder, workload, observedApp, signal));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((instance) => instance.stop()));
  });
  afterAll(async () => {
    await removeImage(engine, record.id, signal);
  });

  test('the identity of an app is the content of its image, or what one is baked of', async () => {
    const { identity } = docker({ images });
    expect(await identity?.(artifact)).toBe(record.contentDigest);
    const other: Artifact = {
      kind: 'files',
      workload: 'w',
      path: '/',
      command: ['a'],
      sha256: '0',
      bytes: 1,
    };
    const baked = await identity?.(other);
    expect(baked).toMatch(/^[0-9a-f]{64}$/);
    expect(await identity?.({ ...other, command: ['b'] })).not.toBe(baked);
    expect(await identity?.({ ...other, base: { packages: ['python3'] } })).not.toBe(baked);
  });

  const containers = async (): Promise<number> => {
    const filters = { label: [`tare.run=${context.runId}`] };
    const listed = await engine.call({
      method: 'GET',
      path: '/containers/json',
      query: { all: true, filters },
      signal,
    });
    return (JSON.parse(listed) as readonly unknown[]).length;
  };
  const volumes = async (): Promise<number> => {
    const filters = { label: [`tare.run=${context.runId}`] };
    const listed = await engine.call({ method: 'GET', path: '/volumes', query: { filters }, signal });
    return ((JSON.parse(listed) as { Volumes: readonly unknown[] | null }).Volumes ?? []).length;
  };
  const start = async (
    network: 'bridge' | 'host' | 'published',
    launch: Partial<Launch> = {},
  ): Promise<Instance> => {
    const environment = docker({ network, images });
    await environment.prepare(artifact, context, signal);
    const instance = await environment.start(
      {
        artifact,
        context,
        variables: { A: 'b' },
        healthPath: '/',
        port: undefined,
        round: 1,
        cold: true,
        ...launch,
      },
      signal,
    );
    running.push(instance);
    await instance.started;
    await waitForHttp({
      url: instance.url,
      since: instance.spawnedAt,
      intervalMs: 5,
      deadlineMs: 20_000,
      signal,
    });
    return instance;
  };

  test('the facts name the image, the engine and the network path', async () => {
    const facts = await docker({ images }).prepare(artifact, context, signal);
    expect(facts).toMatchObject({
      image: record.tag,
      imageId: record.id,
      network: 'address of the container on the bridge',
    });
    expect(facts.engine).toMatch(/^Docker \d/);
  });

  test('a bundle that another project’s docker-build has made is found by its content', async () => {
    const facts = await docker({ images }).prepare({ ...artifact, workload: 'other' }, context, signal);
    expect(facts.imageId).toBe(record.id);
  });

  test('an image of another build of the app is refused', async () => {
    const other = { ...artifact, sha256: 'f'.repeat(64) };
    await expect(docker({ images }).prepare(other, context, signal)).rejects.toThrow(
      `Run nx run ${workload}:docker-build`,
    );
  });

  test('isolation and limits are in force inside', async () => {
    const instance = await start('bridge');
    const inside = (await (await fetch(instance.url)).json()) as Record<string, string>;
    expect(inside).toMatchObject({ uid: 65534, variable: 'b', root: 'EROFS', tmp: 'done' });
    expect(inside.arguments).toEqual(['--max-old-space-size=100']);
    for (const line of [
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000000',
      'NoNewPrivs:\t1',
      'Cpus_allowed_list:\t0',
    ]) {
      expect(inside.status).toContain(line);
    }
  });

  test.each(['bridge', 'host', 'published'] as const)(
    'meters grow under load, and gross is never below net (%s)',
    async (network) => {
      const instance = await start(network);
      const { net, gross } = await instance.meters();
      assert(net && gross);
      const before = { net: await net.read(), gross: await gross.read() };
      for (let request = 0; request < 10; request++) await fetch(new URL('/burn', instance.url));
      const after = { net: await net.read(), gross: await gross.read() };
      const grownMs = (scope: 'net' | 'gross'): number =>
        Number(after[scope].cpuNs - before[scope].cpuNs) / 1e6;
      // ten times 20 ms; /proc counts in steps of 10 ms
      expect(grownMs('net')).toBeGreaterThan(100);
      expect(after.gross.cpuNs).toBeGreaterThanOrEqual(after.net.cpuNs);
      expect(after.gross.memoryBytes).toBeGreaterThan(after.net.memoryBytes);
      expect(after.net.memoryBytes).toBeGreaterThan(10 * 2 ** 20);
      expect(gross.scope.includes('docker-proxy')).toBe(network === 'published');
    },
  );

  test('the statistics of the engine serve where the host’s accounts are out of reach', async () => {
    const instance = await start('bridge');
    const filters = { label: [`tare.run=${context.runId}`] };
    const listed = await engine.call({ method: 'GET', path: '/containers/json', query: { filters }, signal });
    const [container] = JSON.parse(listed) as readonly { readonly Id: string }[];
    const meter = statsMeter(engine, container?.Id ?? '');
    const before = await meter.read();
    // the engine reads once a second
    for (const end = performance.now() + 2400; performance.now() < end;)
      await fetch(new URL('/burn', instance.url));
    const after = await meter.read();
    await meter.close();
    expect(after.atNs).toBeGreaterThan(before.atNs);
    expect(after.cpuNs).toBeGreaterThan(before.cpuNs);
    expect(after.memoryBytes).toBeGreaterThan(2 ** 20);
  });

  test('milestones are in order of time, the app’s own line among them', async () => {
    const instance = await start('bridge');
    const milestones = await instance.milestones();
    expect(milestones.map(({ name }) => name)).toEqual(['created', 'started', 'listening']);
    expect(milestones.map(({ atMs }) => atMs)).toEqual(
      milestones.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
  });

  test('an app that ends by itself says how, and its last words are kept', async () => {
    const instance = await start('bridge');
    await fetch(new URL('/end', instance.url)).catch(() => undefined);
    expect(await instance.ended).toBe('the container ended with exit code 7');
    expect(await instance.lastLog()).toContain('the last words');
    await instance.stop();
    expect(await instance.lastLog()).toContain('the last words');
    expect(await containers()).toBe(0);
  });

  test('a container that somebody has paused says so, and can be stopped', async () => {
    const instance = await start('bridge');
    const filters = { label: [`tare.run=${context.runId}`] };
    const listed = await engine.call({ method: 'GET', path: '/containers/json', query: { filters }, signal });
    const [container] = JSON.parse(listed) as readonly { readonly Id: string }[];
    await engine.call({ method: 'POST', path: `/containers/${container?.Id ?? ''}/pause`, signal });
    expect(await instance.lastLog()).toMatch(/\(the container is paused: docker unpause tare-\S+\)$/);
    await instance.stop();
    expect(await containers()).toBe(0);
  });

  test('a stop leaves no container, and may be repeated', async () => {
    const instance = await start('host');
    expect(await containers()).toBe(1);
    await Promise.all([instance.stop(), instance.stop()]);
    await instance.stop();
    expect(await containers()).toBe(0);
  });

  test('a fixed port of the host that is taken is one clear line, and leaves no container', async () => {
    const first = await start('host');
    const port = Number(first.url.port);
    await expect(start('host', { port })).rejects.toThrow(new RegExp(`port ${port} .*in use`));
    expect(await containers()).toBe(1);
  });

  test('an aborted start leaves no container', async () => {
    const environment = docker({ images });
    await environment.prepare(artifact, context, signal);
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort(new Error('ended by SIGINT'));
    }, 60);
    const launch = plainLaunch(artifact, context);
    await expect(environment.start(launch, abort.signal)).rejects.toThrow('ended by SIGINT');
    expect(await containers()).toBe(0);
  });

  test('each launch has a fresh and empty data folder that it can write to, and that goes with it', async () => {
    const before = await volumes();
    for (const file of ['first', 'second']) {
      const instance = await start('bridge', { dataVariable: 'DATA' });
      const ask = async (): Promise<unknown> => (await fetch(new URL(file, instance.url))).json();
      expect(await ask()).toMatchObject({ folder: '/data', kept: 'done', root: 'EROFS' });
      expect(await ask()).toMatchObject({ found: [file] });
      expect(await volumes()).toBe(before + 1);
      await instance.stop();
      expect(await volumes()).toBe(before);
    }
  });

  test('what the app writes to its data folder is counted as written', async () => {
    const instance = await start('bridge', { dataVariable: 'DATA' });
    const { net } = await instance.meters();
    assert(net);
    const before = await net.read();
    await fetch(new URL('file', instance.url));
    const after = await net.read();
    const grownBytes = Number(after.writtenBytes ?? Number.NaN) - Number(before.writtenBytes);
    expect(grownBytes / 2 ** 20).toBeCloseTo(1, 1);
  });

  test('what a killed run left is found by its label and removed', async () => {
    await start('bridge', { dataVariable: 'DATA' });
    const lines = await docker().reap(context.runId, signal);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`of run ${context.runId}`);
    expect(await containers()).toBe(0);
    expect(await volumes()).toBe(0);
  });

  test('what a run has whose runner lives is left to it, and else removed', async () => {
    await start('bridge', { dataVariable: 'DATA' });
    expect(await docker().reap(undefined, signal)).toEqual([]);
    const labels = { 'tare.run': context.runId, 'tare.host': hostname() };
    const gone = thisRunner().replace(/\d+$/, '1');
    const [boot, space, user, ...rest] = gone.split('.');
    const marks = { gone, other: [boot, space, Number(user) + 1, ...rest].join('.'), none: undefined };
    for (const [name, mark] of Object.entries(marks)) {
      const Labels = { ...labels, ...(mark !== undefined && { 'tare.runner': mark }) };
      const body = { Name: `tare-test-${process.pid}-${name}`, Labels };
      await engine.call({ method: 'POST', path: '/volumes/create', body, signal });
    }
    expect(await docker().reap(undefined, signal)).toEqual([
      `volume tare-test-${process.pid}-gone of run ${context.runId}`,
    ]);
    expect(await docker().reap(context.runId, signal)).toHaveLength(3);
  });

  test('a volume that is left without its container is found by its label and removed', async () => {
    const body = {
      Name: `tare-test-${process.pid}`,
      Labels: { 'tare.run': context.runId, 'tare.host': hostname() },
    };
    await engine.call({ method: 'POST', path: '/volumes/create', body, signal });
    expect(await docker().reap('another-run', signal)).toEqual([]);
    expect(await docker().reap(context.runId, signal)).toEqual([
      `volume ${body.Name} of run ${context.runId}`,
    ]);
    expect(await volumes()).toBe(0);
  });

  test('dispose stops what still runs', async () => {
    const environment = docker({ images });
    await environment.prepare(artifact, context, signal);
    await environment.start(
      { artifact, context, variables: {}, healthPath: '/', port: undefined, round: 1, cold: true },
      signal,
    );
    await environment.dispose();
    expect(await containers()).toBe(0);
  });
});
