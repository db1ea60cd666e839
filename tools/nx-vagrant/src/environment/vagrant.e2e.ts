import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Artifact,
  type Facts,
  hashFile,
  hashFolder,
  type Instance,
  type Launch,
  type RunContext,
} from '@tare/environment';
import { allowedCpus, listProcesses, type MeterReading, waitForHttp } from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, describe, expect, test, vi } from 'vitest';
import { canary, filesWith, watchCommandLines } from '../../../../canary.shared.ts';
import { vmForTests } from '../../fixtures/vm-for-tests.ts';
import { guestService, unitName } from '../guest/guest-service.ts';
import { virsh } from '../libvirt.ts';
import { existingPlaces, machineId, machinePlace, placeVariables } from '../machine/machine-place.ts';
import { ownRecipe } from '../recipe.ts';
import { openSsh, shellWords, type Ssh } from '../ssh.ts';
import { createVagrant } from '../vagrant-client.ts';
import { vagrant } from './vagrant.ts';

const script = `
import { createServer } from 'node:http';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
const { DATA, A: variable } = process.env;
const tried = (act) => { try { return act() ?? 'done'; } catch ({ code }) { return code; } };
const about = { folder: DATA, variable, uid: process.getuid(), arguments: process.execArgv, words: process.argv.slice(2), addon: globalThis.addon };
const files = { link: tried(() => readlinkSync('link')), write: tried(() => writeFileSync('new', '')) };
const server = createServer((request, reply) => {
  if (request.url === '/burn') for (const end = performance.now() + 20; performance.now() < end; );
  if (request.url === '/end') { console.log('the last words'); process.exit(7); }
  const found = DATA && readdirSync(DATA);
  if (DATA && request.url !== '/') writeFileSync(DATA + request.url, Buffer.alloc(1 << 20, 1));
  reply.end(JSON.stringify({ found, ...about, ...files }));
});
const port = Number(process.env.OTHER_PORT ?? process.env.PORT);
server.listen(port, process.env.HOST, () => console.log('listening on ' + port));
process.on('SIGTERM', () => process.exit(0));
`;

// Node-API without its headers, which the locked Node does not bring
const addonSource = `
int napi_create_int32(void *env, int value, void **result);
void *napi_register_module_v1(void *env, void *exports) {
  void *number;
  napi_create_int32(env, 42, &number);
  return number;
}
`;
const serverSource = `
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
  int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(words[1]) : 0)};
  const char *reply = "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: 13\\r\\n\\r\\n\\"made by gcc\\"";
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listening, (struct sockaddr *)&at, sizeof at) || listen(listening, 64)) return 1;
  for (char request[4096];;) {
    int connection = accept(listening, 0, 0);
    if (read(connection, request, sizeof request) > 0) write(connection, reply, strlen(reply));
    close(connection);
  }
}
`;

const found = await vmForTests();
const minutes = 60_000;
// the first reply costs an emulated processor some tenths of a second, seconds on a host that has other work
const firstReplyMs = 5_000;
const workload = 'tare-test';
const variables = { A: `it's 100% "b" ${canary}` };

describe.skipIf(found === undefined)('with a real VM', { timeout: 10 * minutes }, () => {
  if (found === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  // machines of its own beside the checkout's
  process.env.TARE_VAGRANT_STATE = join(folder, '.vagrant');
  process.env.TARE_DOMAIN_PREFIX = `tare-test-${process.pid}`;
  const signal = AbortSignal.timeout(30 * minutes);
  const write = (files: Readonly<Record<string, string>>): string => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  };
  const bundle = async (): Promise<Artifact> => {
    const path = join(write({ 'main.mjs': script }), 'main.mjs');
    return { kind: 'node', workload, path, ...(await hashFile(path)) };
  };
  const compile = (name: string, code: string, ...words: readonly string[]): void => {
    const source = join(write({ [`sources/${name}.c`]: code }), `sources/${name}.c`);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    execFileSync('gcc', [...words, '-O1', '-o', join(folder, name), source]);
  };
  /** A folder as people have it: packages, a native addon, a link, a file that others may not read. */
  const folderOfNode = async (): Promise<Artifact> => {
    const manifest = JSON.stringify({ name: 'pkg', type: 'module', main: 'index.js' });
    const startsPackage = `globalThis.addon = require('addon'); import('pkg')`;
    write({ 'app/start.cjs': startsPackage, 'app/node_modules/pkg/index.js': script });
    write({ 'app/node_modules/addon/package.json': '{ "main": "addon.node" }' });
    compile('app/node_modules/addon/addon.node', addonSource, '-shared', '-fPIC');
    const path = join(write({ 'app/node_modules/pkg/package.json': manifest }), 'app');
    rmSync(join(path, 'link'), { force: true });
    symlinkSync('nowhere', join(path, 'link'));
    chmodSync(join(path, 'start.cjs'), 0o600);
    const content = await hashFolder(path, signal);
    const command = ['node', 'start.cjs', '--x=$PORT', 'costs $5 & 100%'];
    return { kind: 'files', workload: '@tare/test: folder', path, command, sha256: '', bytes: 0, ...content };
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
  const place = machinePlace(fileURLToPath(found.folder).replace(/\/$/, ''));
  const running: Instance[] = [];
  let artifact: Artifact;
  let facts: Facts;
  /** When the folder of the other app was written in the guest. */
  let sentAt: string | undefined;

  beforeAll(async () => {
    artifact = await bundle();
    facts = await environment.prepare(artifact, context, signal);
  }, 10 * minutes);
  const stopAll = async (): Promise<void> => {
    for (const instance of running.splice(0)) await instance.stop();
  };
  afterAll(async () => {
    await environment.dispose();
    for (const line of await vagrant().reap(context.runId, signal)) process.stdout.write(`left: ${line}\n`);
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
  const ask = async ({ url }: Instance, path = '/'): Promise<unknown> =>
    (await fetch(new URL(path, url))).json();
  const sshConfig = () => createVagrant({ ...place, variables: placeVariables(place) }).sshConfig({ signal });
  const inGuest = async <T>(act: (ssh: Ssh) => Promise<T>): Promise<T> => {
    const ssh = await openSsh(await sshConfig(), { signal });
    try {
      return await act(ssh);
    } finally {
      await ssh.close();
    }
  };
  const domainName = async (): Promise<string> =>
    (await virsh(['domname', machineId(place) ?? ''], signal)).trim();

  test('the probe says what isolates an app, by which path', async () => {
    const isolation = { rung: 80, kernel: 'guest', seccomp: false };
    const forwarded = vagrant({ ...where, path: 'forwarded' });
    for (const [by, path] of [
      [environment, 'guest address'],
      [forwarded, 'forwarded port'],
    ] as const)
      expect(await by.probe(signal)).toMatchObject({ usable: true, isolation: { ...isolation, path } });
  });

  test('the facts name the box, the accelerator, and what the idle VM costs', () => {
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

  describe('an app that is restarted', () => {
    let instance: Instance;
    let readyMs: number;
    let seen: readonly string[];
    beforeAll(async () => {
      const watch = watchCommandLines(canary);
      ({ instance, readyMs } = await start());
      ({ seen } = watch.end());
    }, 3 * minutes);
    afterAll(stopAll, 2 * minutes);

    test('has its variables, and its milestones reach the first reply', async () => {
      expect(instance.startKind).toBe('restart');
      expect(await ask(instance)).toMatchObject({
        variable: variables.A,
        arguments: ['--max-heap-size=100'],
      });
      const milestones = await instance.milestones();
      expect(milestones.map(({ name }) => name)).toEqual(['service start', 'process', 'listening']);
      const listening = milestones.at(-1)?.atMs ?? 0;
      expect(readyMs - listening).toBeLessThan(firstReplyMs);
      expect(listening).toBeLessThan(readyMs + 20);
    });

    test('has them from no command line of the host or the guest, and no file of the host', async () => {
      expect(seen).toEqual([]);
      const list = 'cat /proc/[0-9]*/cmdline';
      const { stdout } = await inGuest((ssh) => ssh.run(list, { signal, deadlineMs: 60_000 }));
      expect(stdout).toContain('/main.mjs');
      expect(stdout).not.toContain(canary);
      expect(filesWith(canary, folder)).toEqual([]);
    });

    test('net CPU agrees with systemd within 5 %, at ten readings a second or more', async () => {
      const { net, gross } = await instance.meters();
      assert(net && gross);
      const ssh = await openSsh(await sshConfig(), { signal });
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
      while (performance.now() < end)
        await fetch(new URL('/burn', instance.url)).then((reply) => reply.text());
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

    test('that ends by itself says how, and its last words are kept; then the VM is paused', async () => {
      await fetch(new URL('/end', instance.url)).catch(() => undefined);
      expect(await instance.ended).toBe('the service in the VM ended with exit code 7');
      await instance.stop();
      expect(await instance.lastLog()).toContain('the last words');
      expect((await virsh(['domstate', machineId(place) ?? ''], signal)).trim()).toBe('paused');
    });
  });

  describe('each by itself', () => {
    afterEach(stopAll, 2 * minutes);

    test('the forwarded port leads into the same VM, and its ssh counts as gross', async () => {
      const forwarded = vagrant({ ...where, path: 'forwarded' });
      const { network } = await forwarded.prepare(artifact, context, signal);
      expect(network).toBe('port on 127.0.0.1 forwarded through ssh');
      const { instance } = await start(forwarded);
      expect(instance.url.hostname).toBe('127.0.0.1');
      const { gross } = await instance.meters();
      assert(gross);
      expect(gross.scope).toContain('tunnel');
      expect((await gross.read()).memoryBytes).toBeGreaterThan(0);
      await instance.stop();
      await expect(fetch(instance.url)).rejects.toThrow();
    });

    test('an app that does not heed PORT is found out', async () => {
      const launch = { artifact, context, healthPath: '/', port: 3000, round: 1, cold: false };
      const instance = await environment.start({ ...launch, variables: { OTHER_PORT: '3456' } }, signal);
      running.push(instance);
      expect(instance.url.port).toBe('3000');
      await vi.waitFor(
        async () => {
          expect(await instance.whyUnreachable?.()).toMatch(
            /^it listens on 3456, expected 3000, the port of the workload/,
          );
        },
        { timeout: 3 * minutes },
      );
    });

    test('each restart has a fresh and empty data folder that it can write to', async () => {
      for (const file of ['first', 'second']) {
        // with a port of its own, too
        const { instance } = await start(environment, false, { dataVariable: 'DATA', port: 3000 });
        expect(instance.url.port).toBe('3000');
        const { net } = await instance.meters();
        assert(net);
        const before = await net.read();
        expect(await ask(instance, file)).toMatchObject({ folder: `/var/lib/tare/${workload}`, found: [] });
        expect(await ask(instance, file)).toMatchObject({ found: [file] });
        const after = await net.read();
        const grownBytes = Number(after.writtenBytes ?? Number.NaN) - Number(before.writtenBytes);
        // the second time the same pages, which may or may not be on their way to the disk already
        expect(grownBytes / 2 ** 20).toBeGreaterThan(0.9);
        expect(grownBytes / 2 ** 20).toBeLessThan(2.1);
        await instance.stop();
      }
    });

    test('a folder with node_modules, a native addon in them, runs alone, without a folder for data', async () => {
      const app = await folderOfNode();
      const prepared = await environment.prepare(app, context, signal);
      expect(prepared.command).toBe('node start.cjs --x=$PORT costs $5 & 100%');
      const { instance } = await start(environment, false, { artifact: app });
      const reply = await ask(instance);
      expect(reply).toMatchObject({
        variable: variables.A,
        arguments: ['--max-heap-size=100'],
        words: ['--x=8000', 'costs $5 & 100%'],
        addon: 42,
        link: 'nowhere',
        write: 'EROFS',
      });
      expect(reply).not.toHaveProperty('folder');
      const { units, data, sent } = await inGuest(async (ssh) => {
        const ask = async (command: string) =>
          (await ssh.run(command, { signal, deadlineMs: 30_000 })).stdout;
        return {
          units: await ask(
            'systemctl list-units --plain --no-legend --state=active,activating,failed "tare@*"',
          ),
          // of the bundle that ran before
          data: await ask('ls /var/lib/tare 2>&1'),
          sent: await ask(`stat -c %Y /opt/tare/${unitName(app.workload)}/app`),
        };
      });
      expect(units.trim().split('\n')).toHaveLength(1);
      expect(units).toContain(`tare@${unitName(app.workload)}.service`);
      expect(data).toContain('No such file');
      sentAt = sent;
    });
  });

  test('a folder with a static program runs', async () => {
    compile('static/server', serverSource, '-static');
    const path = join(folder, 'static');
    const content = await hashFolder(path, signal);
    const command = ['./server', '$PORT'];
    const app: Artifact = {
      kind: 'files',
      workload: 'static',
      path,
      command,
      sha256: '',
      bytes: 0,
      ...content,
    };
    await environment.prepare(app, context, signal);
    const { instance } = await start(environment, false, { artifact: app });
    expect(await ask(instance)).toBe('made by gcc');
    await stopAll();
  });

  test('a cold start boots the VM, with milestones from the power on to the listening app, which is not sent again', async () => {
    const app = await folderOfNode();
    await environment.prepare(app, context, signal);
    const cold = { artifact: app, dataVariable: 'DATA' };
    const { instance, readyMs } = await start(environment, true, cold);
    expect(await ask(instance, 'file')).toMatchObject({ found: [], variable: variables.A });
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
    expect(Math.abs(readyMs - listening)).toBeLessThan(firstReplyMs);
    const written = `stat -c %Y /opt/tare/${unitName(app.workload)}/app`;
    const { stdout } = await inGuest((ssh) => ssh.run(written, { signal, deadlineMs: 30_000 }));
    if (sentAt !== undefined) expect(stdout).toBe(sentAt);
  });

  test('dispose leaves no VM and no ssh, though an app runs', async () => {
    const name = await domainName();
    await environment.dispose();
    running.splice(0);
    expect(await virsh(['list', '--all', '--name'], signal)).not.toContain(name);
    const ours = listProcesses().filter(
      ({ command, parentPid }) => command === 'ssh' && parentPid === process.pid,
    );
    expect(ours).toEqual([]);
  });

  test('a folder that names Debian packages has a VM with them, which is found by its mark and destroyed', async () => {
    const path = join(write({ 'python/index.html': 'of Python' }), 'python');
    const content = await hashFolder(path, signal);
    const app: Artifact = {
      kind: 'files',
      workload: 'python',
      path,
      command: ['python3', '-m', 'http.server', '$PORT'],
      base: { packages: ['python3'] },
      sha256: '',
      bytes: 0,
      ...content,
    };
    // as in a workspace without a recipe of its own: with that of this package
    const own = vagrant({ accelerator: 'tcg' });
    expect(await own.prepare(app, context, signal)).toMatchObject({ packages: 'python3' });
    const { instance } = await start(own, false, { artifact: app });
    expect(await (await fetch(instance.url)).text()).toBe('of Python');
    const [only] = existingPlaces(ownRecipe);
    expect(only?.base).not.toBe('');
    const name = (await virsh(['domname', only === undefined ? '' : (machineId(only) ?? '')], signal)).trim();
    await stopAll();
    const another = vagrant();
    expect(await another.reap('another-run', signal)).toEqual([]);
    expect(await another.reap(context.runId, signal)).toEqual([`VM ${name} of run ${context.runId}`]);
    expect(await virsh(['list', '--all', '--name'], signal)).not.toContain(name);
  });
});
