import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Artifact, type Instance, requiredKinds, type RunContext } from '@tare/environment';
import { commandLineOf, descendants, findProgram, listProcesses, waitForHttp } from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, describe, expect, test } from 'vitest';
import { ownEngine, type OwnEngine } from '../../fixtures/own-engine.ts';
import { engineForTests, imageForTests, observedApp, plainLaunch } from '../../fixtures/real-engine.ts';
import { containerState } from './container.ts';
import { docker } from './docker.ts';
import { plainReason } from './runtime.ts';

test('a runtime is part of the name, with its network', () => {
  expect(docker({ runtime: 'runsc' }).name).toBe('docker:gvisor');
  expect(docker({ runtime: 'runsc', network: 'published' }).name).toBe('docker:gvisor:published');
  expect(docker({ runtime: 'crun', network: 'host' }).name).toBe('docker:crun:host');
  expect(() => docker({ runtime: 'a b' })).toThrow('docker: runtime is "a b"; expected a name');
});

test('a reason is what the runtime said, without what is put around it', () => {
  const said =
    'failed to create shim task: OCI runtime create failed: cgroups in hybrid mode not supported, drop all: unknown';
  expect(plainReason(said)).toBe('cgroups in hybrid mode not supported, drop all');
});

const isRoot = process.getuid?.() === 0;
const isEngine = (await engineForTests()) !== undefined && isRoot;
// TARE_REQUIRE=docker wants an engine, TARE_REQUIRE=gvisor runsc besides
const hasGvisor = findProgram('runsc') !== undefined;
if (!hasGvisor && requiredKinds().has('gvisor'))
  throw new Error('runsc is not there: apt-get install -y runsc');
if (!hasGvisor)
  process.stdout.write('tests with gVisor skipped: runsc is not there: apt-get install -y runsc\n');

describe.skipIf(!isEngine)('with an engine of its own', { timeout: 60_000 }, () => {
  let own: OwnEngine;
  let artifact: Artifact;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  const images = pathToFileURL(`${folder}/`);
  const signal = AbortSignal.timeout(300_000);
  const context: RunContext = {
    runId: randomUUID(),
    resources: { cpus: 1, memoryMiB: 200, serverCpus: [0], nodeArguments: [] },
    nodeBinary: process.execPath,
    nodeVersion: process.version,
  };
  const running: Instance[] = [];

  beforeAll(async () => {
    own = await ownEngine({
      'userland-proxy': false,
      runtimes: {
        runsc: { path: '/usr/bin/runsc', runtimeArgs: ['--network=host'] },
        // what this one starts has a network that it cannot set up in the host's network namespace
        'runsc-alone': { path: '/usr/bin/runsc' },
        dies: { path: '/bin/false' },
      },
    });
    const made = await imageForTests(
      own.engine,
      folder,
      `tare-test-runtime-${process.pid}`,
      observedApp,
      signal,
    );
    ({ artifact } = made);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(running.splice(0).map((instance) => instance.stop()));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await own.end();
  }, 60_000);

  const environment = (options: Parameters<typeof docker>[0] = {}) =>
    docker({ socket: own.socket, images, ...options });
  const left = async (): Promise<unknown> => {
    const ask = async (path: string, query: object): Promise<unknown> =>
      JSON.parse(await own.engine.call({ method: 'GET', path, query: { ...query }, signal }));
    const tried = await ask('/images/json', { filters: { reference: ['tare/nothing'] } });
    return [await ask('/containers/json', { all: true }), tried];
  };
  /** Processes that name one of the engine's containers. */
  const kept = (id = join(own.socket, '..')): readonly string[] =>
    listProcesses()
      .filter(({ command }) => !['dockerd', 'containerd'].includes(command))
      .filter(({ pid }) => commandLineOf(pid).join(' ').includes(id))
      .map(({ command }) => command);
  const start = async (options: Parameters<typeof docker>[0] = {}): Promise<Instance> => {
    const here = environment(options);
    await here.prepare(artifact, context, signal);
    const launch = plainLaunch(artifact, context);
    const instance = await here.start(launch, signal);
    running.push(instance);
    const { url, spawnedAt: since } = instance;
    await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 30_000, signal });
    return instance;
  };
  const stateOf = async () => {
    const listed = await own.engine.call({ method: 'GET', path: '/containers/json', signal });
    const [container] = JSON.parse(listed) as readonly { readonly Id: string }[];
    return containerState(own.engine, container?.Id ?? '', signal);
  };

  test('a runtime that the engine does not know is said so, with the lines that it needs', async () => {
    expect(await environment({ runtime: 'nope' }).probe(signal)).toEqual({
      usable: false,
      reason: `the Docker engine at ${own.socket} has no runtime "nope"; it has dies, io.containerd.runc.v2, io.containerd.runtime.v1.linux, runc, runsc, runsc-alone`,
      remedy: expect.stringContaining('/etc/docker/daemon.json: {"runtimes":{"nope":{"path":') as string,
    });
  });

  test('a runtime that dies is tried, and what it said is the reason', async () => {
    const probe = await environment({ runtime: 'dies' }).probe(signal);
    expect(probe).toMatchObject({
      usable: false,
      reason: expect.stringMatching(
        /^the runtime dies of .* does not start a container: .*\/bin\/false/,
      ) as string,
    });
    expect(await left()).toEqual([[], []]);
  });

  test('ports that neither a proxy nor the kernel serves are refused before they hang', async () => {
    expect(await environment({ network: 'published' }).probe(signal)).toMatchObject({
      usable: false,
      reason: expect.stringContaining('nothing brings requests to the published ports') as string,
    });
  });

  test('namespaces and filter of a container are as its isolation says', async () => {
    const probe = await environment().probe(signal);
    assert(probe.usable && probe.isolation);
    await start();
    const { pid } = await stateOf();
    const files = {
      mount: 'mnt',
      network: 'net',
      pid: 'pid',
      uts: 'uts',
      ipc: 'ipc',
      user: 'user',
      cgroup: 'cgroup',
    };
    const own = Object.entries(files).filter(
      ([, file]) => readlinkSync(`/proc/${pid}/ns/${file}`) !== readlinkSync(`/proc/self/ns/${file}`),
    );
    expect(new Set(probe.isolation.namespaces)).toEqual(new Set(own.map(([name]) => name)));
    const filters = /^Seccomp:\s+(\d)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] === '2';
    expect(probe.isolation).toMatchObject({ rung: 40, kernel: 'host', seccomp: filters, path: 'bridge' });
    expect(probe.facts).toMatchObject({ runtime: 'runc', userlandProxy: false });
  });

  describe.skipIf(!hasGvisor)('gVisor', () => {
    test('net is absent and says why; gross counts every process that is kept for the container', async () => {
      const gvisor = { runtime: 'runsc' };
      const probe = await environment(gvisor).probe(signal);
      assert(probe.usable);
      expect(probe.isolation).toMatchObject({
        rung: 60,
        kernel: 'user space',
        seccomp: true,
        path: 'bridge',
      });
      expect(await left()).toEqual([[], []]);
      const instance = await start(gvisor);
      const { net, gross, notMetered } = await instance.meters();
      expect(net).toBeUndefined();
      expect(notMetered).toContain('gVisor');
      assert(gross);
      expect(gross.scope).toContain('containerd-shim');
      const before = await gross.read();
      for (let request = 0; request < 10; request++) await fetch(new URL('/burn', instance.url));
      const after = await gross.read();
      expect(Number(after.cpuNs - before.cpuNs) / 1e6).toBeGreaterThan(100);
      expect(after.memoryBytes).toBeGreaterThan(20 * 2 ** 20);
      // the shim is the first process that is started for the container: all others descend from it
      const { id, pid } = await stateOf();
      const shim = listProcesses().find(
        (each) => commandLineOf(each.pid).join(' ').includes(id) && each.command.startsWith('containerd'),
      );
      const cgroup = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      const outside = descendants(shim?.pid ?? 0).filter(
        (each) => readFileSync(`/proc/${each}/cgroup`, 'utf8') !== cgroup,
      );
      expect(outside).toEqual([shim?.pid]);
      await instance.stop();
      await expect.poll(() => kept(id), { timeout: 10_000 }).toEqual([]);
    });

    test('a start that fails leaves neither shim nor sandbox', async () => {
      expect(await environment({ runtime: 'runsc-alone' }).probe(signal)).toMatchObject({
        usable: false,
        reason: expect.stringContaining(
          'cannot run with network enabled in root network namespace',
        ) as string,
        remedy: expect.stringContaining('--network=host') as string,
      });
      expect(await left()).toEqual([[], []]);
      await expect.poll(() => kept(), { timeout: 10_000 }).toEqual([]);
    });

    test('what a killed run has left of such a start is reaped with its processes', async () => {
      const record = await environment().prepare(artifact, context, signal);
      const Labels = { 'tare.run': context.runId, 'tare.host': hostname() };
      const body = { Image: record.imageId, Labels, HostConfig: { Runtime: 'runsc-alone' } };
      const name = `tare-test-${process.pid}`;
      await own.engine.call({ method: 'POST', path: '/containers/create', query: { name }, body, signal });
      await own.engine
        .call({ method: 'POST', path: `/containers/${name}/start`, signal })
        .catch(() => undefined);
      const { id } = await containerState(own.engine, name, signal);
      expect(kept(id).length).toBeGreaterThan(1);
      expect(await environment().reap(context.runId, signal)).toHaveLength(1);
      // the engine lets the runtime delete it, which takes a moment more
      await expect.poll(() => kept(id), { timeout: 10_000 }).toEqual([]);
      expect(await left()).toEqual([[], []]);
    });
  });
});
