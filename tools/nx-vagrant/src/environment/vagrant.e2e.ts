import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact, Instance, Launch, RunContext } from '@tare/environment';
import { allowedCpus, listProcesses, type MeterReading, waitForHttp } from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, describe, expect, test } from 'vitest';
import { vmForTests } from '../../fixtures/vm-for-tests.ts';
import { guestService } from '../guest/guest-service.ts';
import { virsh } from '../libvirt.ts';
import { machineId } from '../machine/machine-place.ts';
import { openSsh, shellWords, type Ssh } from '../ssh.ts';
import { createVagrant } from '../vagrant-client.ts';
import { vagrant } from './vagrant.ts';

const script = `
import { createServer } from 'node:http';
import { readdirSync, writeFileSync } from 'node:fs';
const { DATA } = process.env;
createServer((request, reply) => {
  if (request.url === '/burn') for (const end = performance.now() + 20; performance.now() < end; );
  if (request.url === '/end') { console.log('the last words'); process.exit(7); }
  const found = DATA && readdirSync(DATA);
  if (DATA && request.url !== '/') writeFileSync(DATA + request.url, Buffer.alloc(1 << 20, 1));
  reply.end(JSON.stringify({ folder: DATA, found, uid: process.getuid(), variable: process.env.A, arguments: process.execArgv }));
}).listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening on ' + process.env.PORT));
process.on('SIGTERM', () => process.exit(0));
`;

const found = await vmForTests();
const minutes = 60_000;
const workload = 'tare-test';
const variables = { A: `it's 100% "b"` };

describe.skipIf(found === undefined)('with a real VM', { timeout: 10 * minutes }, () => {
  if (found === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  // a machine of its own beside the checkout's
  process.env.TARE_VAGRANT_STATE = join(folder, '.vagrant');
  process.env.TARE_DOMAIN_PREFIX = `tare-test-${process.pid}`;
  const signal = AbortSignal.timeout(30 * minutes);
  const path = join(folder, 'main.mjs');
  writeFileSync(path, script);
  const artifact: Artifact = {
    kind: 'node',
    workload,
    path,
    sha256: createHash('sha256').update(script).digest('hex'),
    bytes: statSync(path).size,
  };
  const context: RunContext = {
    runId: `20260101-000000-${randomBytes(3).toString('hex')}`,
    resources: {
      cpus: 1,
      memoryMiB: 256,
      serverCpus: (allowedCpus()?.length ?? 1) > 1 ? [allowedCpus()?.[0] ?? 0] : undefined,
      nodeArguments: ['--max-heap-size=100'],
    },
    nodeBinary: process.execPath,
    nodeVersion: process.version,
  };
  const where = { ...found, accelerator: 'tcg' } as const;
  const environment = vagrant(where);
  const forwarded = vagrant({ ...where, path: 'forwarded' });
  const machine = fileURLToPath(found.folder).replace(/\/$/, '');
  const running: Instance[] = [];

  beforeAll(async () => {
    await environment.prepare(artifact, context, signal);
  }, 10 * minutes);
  afterEach(async () => {
    for (const instance of running.splice(0)) await instance.stop();
  }, 2 * minutes);
  afterAll(async () => {
    await environment.dispose();
    rmSync(folder, { recursive: true, force: true });
  }, 3 * minutes);

  const start = async (by = environment, cold = false, special: Partial<Launch> = {}) => {
    const launch = { artifact, context, variables, healthPath: '/', port: undefined, round: 1, cold };
    const instance = await by.start({ ...launch, ...special }, signal);
    running.push(instance);
    await instance.started;
    const { readyMs } = await waitForHttp({
      url: instance.url,
      since: instance.spawnedAt,
      intervalMs: 1,
      deadlineMs: 5 * minutes,
      signal,
    });
    return { instance, readyMs };
  };
  const sshToGuest = async (): Promise<Ssh> =>
    openSsh(await createVagrant({ folder: machine, variables: {} }).sshConfig({ signal }), { signal });

  test('the facts name the box, the accelerator, and what the idle VM costs', async () => {
    const facts = await environment.prepare(artifact, context, signal);
    expect(facts).toMatchObject({
      accelerator: 'tcg',
      emulated: true,
      vcpus: 2,
      memoryLimit: '256 MiB, the service’s',
      network: 'address of the guest on libvirt’s bridge',
    });
    expect(facts.nodeVersion).toMatch(/^v\d+\./);
    expect(facts.idleCpuPercent).toBeLessThan(50);
    expect(facts.idleMemoryMiB).toBeGreaterThan(100);
  });

  test('an artifact that is not the one in the VM is refused', async () => {
    const other = { ...artifact, sha256: 'f'.repeat(64) };
    await expect(environment.prepare(other, context, signal)).rejects.toThrow(
      `the VM holds another build of ${workload}`,
    );
  });

  test('a restart runs the app with its variables, and its milestones reach the first reply', async () => {
    const { instance, readyMs } = await start();
    expect(instance.startKind).toBe('restart');
    expect(await (await fetch(instance.url)).json()).toMatchObject({
      variable: variables.A,
      arguments: ['--max-heap-size=100'],
    });
    const milestones = await instance.milestones();
    expect(milestones.map(({ name }) => name)).toEqual(['service start', 'process', 'listening']);
    // what is left is the first reply, which costs an emulated processor some tenths of a second
    const listening = milestones.at(-1)?.atMs ?? 0;
    expect(readyMs - listening).toBeLessThan(Math.max(readyMs * 0.05, 1000));
    expect(listening).toBeLessThan(readyMs + 20);
  });

  test('net CPU agrees with systemd within 5 %, at ten readings a second or more', async () => {
    const { instance } = await start();
    const { net, gross } = await instance.meters();
    assert(net && gross);
    const ssh = await sshToGuest();
    const systemdCpuNs = async (): Promise<bigint> => {
      const command = [
        'systemctl',
        'show',
        '--property=CPUUsageNSec',
        '--value',
        guestService(ssh, workload).unit,
      ];
      return BigInt((await ssh.run(shellWords(command), { deadlineMs: 60_000, signal })).stdout.trim());
    };
    const [earliest, grossBefore] = await Promise.all([net.read(), gross.read()]);
    const systemdBefore = await systemdCpuNs();
    const before = await net.read();
    const asked: Promise<MeterReading>[] = [];
    const sampling = setInterval(() => asked.push(net.read()), 50);
    const end = performance.now() + 5000;
    while (performance.now() < end) await fetch(new URL('/burn', instance.url)).then((reply) => reply.text());
    clearInterval(sampling);
    const readings = await Promise.all(asked);
    const [after, grossAfter] = await Promise.all([net.read(), gross.read()]);
    const systemdAfter = await systemdCpuNs();
    const latest = await net.read();
    await ssh.close();
    // systemd answers late on an emulated processor, and the app goes on meanwhile: its figure lies between two of ours
    const systemd = Number(systemdAfter - systemdBefore);
    const least = Number(after.cpuNs - before.cpuNs) / systemd;
    const most = Number(latest.cpuNs - earliest.cpuNs) / systemd;
    const perSecond =
      (readings.length - 1) / (Number((readings.at(-1)?.atNs ?? 0n) - (readings[0]?.atNs ?? 0n)) / 1e9);
    process.stdout.write(
      `net ÷ systemd ${least.toFixed(3)} to ${most.toFixed(3)}, ${perSecond.toFixed(1)} readings a second\n`,
    );
    expect(least).toBeLessThan(1.05);
    expect(most).toBeGreaterThan(0.95);
    // the two are close enough to tell
    expect(most - least).toBeLessThan(0.3);
    expect(perSecond).toBeGreaterThan(10);
    expect(Number(after.cpuNs - before.cpuNs)).toBeGreaterThan(0.5e9);
    expect(grossAfter.cpuNs).toBeGreaterThan(grossBefore.cpuNs);
    expect(grossAfter.memoryBytes).toBeGreaterThan(after.memoryBytes);
  });

  test('an app that ends by itself says how, and its last words are kept', async () => {
    const { instance } = await start();
    await fetch(new URL('/end', instance.url)).catch(() => undefined);
    expect(await instance.ended).toBe('the service in the VM ended with exit code 7');
    await instance.stop();
    expect(await instance.lastLog()).toContain('the last words');
  });

  test('the forwarded port leads into the same VM, and its ssh counts as gross', async () => {
    const facts = await forwarded.prepare(artifact, context, signal);
    expect(facts.network).toBe('port on 127.0.0.1 forwarded through ssh');
    const { instance } = await start(forwarded);
    expect(instance.url.hostname).toBe('127.0.0.1');
    const { gross } = await instance.meters();
    assert(gross);
    expect(gross.scope).toContain('tunnel');
    expect((await gross.read()).memoryBytes).toBeGreaterThan(0);
    await instance.stop();
    await expect(fetch(instance.url)).rejects.toThrow();
  });

  test('between its trials the VM is paused', async () => {
    const { instance } = await start();
    await instance.stop();
    expect((await virsh(['domstate', machineId(machine) ?? ''], signal)).trim()).toBe('paused');
  });

  test('each restart has a fresh and empty data folder that it can write to, and that goes with it', async () => {
    for (const file of ['first', 'second']) {
      const { instance } = await start(environment, false, { dataVariable: 'DATA' });
      const { net } = await instance.meters();
      assert(net);
      const before = await net.read();
      const ask = async (): Promise<unknown> => (await fetch(new URL(file, instance.url))).json();
      expect(await ask()).toMatchObject({ folder: `/var/lib/tare/${workload}`, found: [] });
      expect(await ask()).toMatchObject({ found: [file] });
      const after = await net.read();
      const grownBytes = Number(after.writtenBytes ?? Number.NaN) - Number(before.writtenBytes);
      // the second time the same pages, which may or may not be on their way to the disk already
      expect(grownBytes / 2 ** 20).toBeGreaterThan(0.9);
      expect(grownBytes / 2 ** 20).toBeLessThan(2.1);
      await instance.stop();
    }
    const { instance } = await start();
    expect(await (await fetch(instance.url)).json()).not.toHaveProperty('folder');
    const ssh = await sshToGuest();
    const listed = await ssh.run('ls -d /var/lib/tare', { signal, deadlineMs: 30_000 });
    await ssh.close();
    expect(listed.stderr).toContain('No such file');
  });

  test('of two workloads only the one under test runs', async () => {
    const other = { ...artifact, workload: 'tare-other' };
    await environment.prepare(other, context, signal);
    for (const each of [other, artifact]) {
      const { instance } = await start(environment, false, { artifact: each });
      const ssh = await sshToGuest();
      const units = 'systemctl list-units --plain --no-legend --state=active,activating,failed "tare@*"';
      const { stdout } = await ssh.run(units, { signal, deadlineMs: 30_000 });
      await ssh.close();
      expect(stdout.trim().split('\n')).toHaveLength(1);
      expect(stdout).toContain(`tare@${each.workload}.service`);
      await instance.stop();
    }
  });

  test('a cold start boots the VM, with milestones from the power on to the listening app', async () => {
    const { instance, readyMs } = await start(environment, true, { dataVariable: 'DATA' });
    expect(await (await fetch(new URL('file', instance.url))).json()).toMatchObject({ found: [] });
    expect(instance.startKind).toBe('cold');
    await instance.meters();
    const milestones = await instance.milestones();
    process.stdout.write(
      `cold start: ${milestones.map(({ name, atMs }) => `${name} ${atMs.toFixed(0)}`).join(', ')}, ready ${readyMs.toFixed(0)} ms\n`,
    );
    const names = milestones.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['power on', 'kernel', 'userspace']);
    expect([...names].sort()).toEqual([
      'kernel',
      'listening',
      'power on',
      'process',
      'service start',
      'sshd',
      'userspace',
    ]);
    const listening = milestones.find(({ name }) => name === 'listening')?.atMs ?? 0;
    expect(Math.abs(readyMs - listening)).toBeLessThan(readyMs * 0.05);
  });

  test('what a killed run left is found by its mark and destroyed', async () => {
    const name = (await virsh(['domname', machineId(machine) ?? ''], signal)).trim();
    expect(await vagrant(where).reap('another-run', signal)).toEqual([]);
    expect(await vagrant(where).reap(context.runId, signal)).toEqual([`VM ${name} of run ${context.runId}`]);
    expect(await virsh(['list', '--all', '--name'], signal)).not.toContain(name);
  });

  test('dispose leaves no VM and no ssh', async () => {
    await environment.prepare(artifact, context, signal);
    const id = machineId(machine) ?? '';
    const name = (await virsh(['domname', id], signal)).trim();
    const before = listProcesses().filter(({ command }) => command === 'ssh').length;
    await start();
    await environment.dispose();
    running.splice(0);
    expect(await virsh(['list', '--all', '--name'], signal)).not.toContain(name);
    expect(listProcesses().filter(({ command }) => command === 'ssh').length).toBeLessThanOrEqual(before);
  });
});
