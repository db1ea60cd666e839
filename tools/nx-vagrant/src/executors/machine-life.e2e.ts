import probe from './probe/executor.ts';
import vagrantDestroy from './vagrant-destroy/executor.ts';
import vagrantHalt from './vagrant-halt/executor.ts';
import vagrantSsh from './vagrant-ssh/executor.ts';
import vagrantUp from './vagrant-up/executor.ts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutorContext } from '@nx/devkit';
import { choosePort } from '@tare/environment';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { vmForTests } from '../../fixtures/vm-for-tests.ts';
import { vagrant } from '../environment/vagrant.ts';
import { domainPid, virsh } from '../libvirt.ts';
import { portOwner } from '../machine/free-port.ts';
import { machineId, machinePlace } from '../machine/machine-place.ts';
import { openSsh, shellWords } from '../ssh.ts';
import { createVagrant } from '../vagrant-client.ts';

const found = await vmForTests();
const minuteMs = 60_000;
const script = `
import { createServer } from 'node:http';
import { appendFileSync, readFileSync } from 'node:fs';
const { DATA, NAME, PORT, HOST } = process.env;
if (DATA) appendFileSync(DATA + '/starts', 'x');
const starts = DATA && readFileSync(DATA + '/starts', 'utf8').length;
const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
createServer((request, reply) => {
  reply.statusCode = request.url === '/up' || NAME === undefined ? 200 : 404;
  reply.end(JSON.stringify({ boot, starts, name: NAME, word: process.argv[2] }));
}).listen(Number(PORT), HOST);
`;

describe.skipIf(found === undefined)('a machine of this checkout', { timeout: 10 * minuteMs }, async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'tare-test-'));
  // a machine of its own beside the checkout's
  process.env.TARE_VAGRANT_STATE = join(temporary, '.vagrant');
  process.env.TARE_DOMAIN_PREFIX = `tare-test-${process.pid}`;
  const port = await choosePort();
  const otherPort = await choosePort();
  const root = resolve(import.meta.dirname, '../../../..');
  const folder = 'environments/vagrant';
  // from the root of the file system
  const projectRoot = temporary.slice(1);
  mkdirSync(join(temporary, 'app'));
  writeFileSync(join(temporary, 'app/main.mjs'), script);
  const project = (name: string) => ({
    name,
    type: 'app' as const,
    data: { root: projectRoot, tags: ['workload'] },
  });
  const context: ExecutorContext = {
    root,
    cwd: root,
    isVerbose: false,
    projectsConfigurations: { version: 2, projects: {} },
    nxJsonConfiguration: {},
    projectGraph: {
      nodes: { 'tare-test': project('tare-test'), '@tare/test folder': project('@tare/test folder') },
      dependencies: {},
    },
  };
  const up = {
    folder,
    workloadTag: 'workload',
    workload: ['tare-test', '@tare/test folder'],
    // it lies outside of the workspace
    artifact: `${relative(root, '/')}/{workloadRoot}/app/main.mjs`,
    services: {
      'tare-test': { port, data: 'DATA' },
      '@tare/test folder': {
        port: otherPort,
        artifact: `${relative(root, '/')}/{workloadRoot}/app`,
        command: ['node', 'main.mjs', 'a  "word"'],
        env: ['NAME=50% of $it'],
        health: '/up',
      },
    },
    healthSeconds: 120,
    accelerator: 'tcg',
    healthPath: '/health',
    bootDeadlineSeconds: 400,
    probe: 'dist/vagrant/probe-of-test.json',
    box: 'dist/vagrant/box',
  } satisfies Parameters<typeof vagrantUp>[0];
  const absolute = join(root, folder);
  const domain = (): string => machineId(machinePlace(absolute)) ?? 'none';

  afterAll(async () => {
    await vagrantDestroy({ folder, box: up.box, forgetBox: false }, context);
    rmSync(temporary, { recursive: true, force: true });
    rmSync(join(root, up.probe), { force: true });
  }, 3 * minuteMs);

  const ask = async (at: number): Promise<Record<string, unknown>> => {
    const reply = await fetch(`http://127.0.0.1:${at}/up`, { signal: AbortSignal.timeout(10_000) });
    return (await reply.json()) as Record<string, unknown>;
  };

  test('is booted with its services, which answer on the forwarded ports', async () => {
    expect(await probe({ out: up.probe }, context)).toEqual({ success: true });
    expect(await vagrantUp(up, context)).toEqual({ success: true });
    expect(await ask(port)).toMatchObject({ starts: 1 });
    expect(await ask(otherPort)).toMatchObject({ name: '50% of $it', word: 'a  "word"' });
    expect(domainPid(domain())).toBeGreaterThan(0);
  });

  test('is not measured with, because that would end with its removal', async () => {
    const found = await vagrant({ folder: pathToFileURL(`${absolute}/`) }).probe(
      AbortSignal.timeout(minuteMs),
    );
    expect(found.usable ? '' : found.reason).toMatch(/ is there to serve tare-test, @tare\/test folder /);
    expect(found.usable ? '' : found.remedy).toContain('vagrant-destroy');
  });

  test('takes commands over one connection, with their input, output and exit code', async () => {
    const signal = AbortSignal.timeout(2 * minuteMs);
    const client = createVagrant({ folder: absolute, variables: {} });
    expect(await client.status({ signal })).toBe('running');
    const ssh = await openSsh(await client.sshConfig({ signal }), { signal });
    try {
      const once = { deadlineMs: 30_000, signal };
      const words = ["it's", '$HOME', 'a  b'];
      const echoed = await ssh.run(shellWords(['printf', '%s\\n', ...words]), once);
      expect(echoed).toEqual({ stdout: `${words.join('\n')}\n`, stderr: '', code: 0 });
      expect(await ssh.run('cat; exit 3', { ...once, input: 'given' })).toMatchObject({
        stdout: 'given',
        code: 3,
      });
      await expect(ssh.run('sleep 60', { ...once, deadlineMs: 300 })).rejects.toThrow(
        'took longer than 300 ms',
      );
    } finally {
      await ssh.close();
    }
    expect((await ssh.run('true', { deadlineMs: 10_000, signal })).code).toBe(255);
  });

  test('is reused when it runs, and so are services of which nothing has changed', async () => {
    const pid = domainPid(domain());
    const before = await ask(port);
    expect(await vagrantUp(up, context)).toEqual({ success: true });
    expect(domainPid(domain())).toBe(pid);
    expect(await ask(port)).toEqual(before);
  });

  test('serves again, with the data kept, when the guest has rebooted by itself', async () => {
    const { boot, starts } = await vi.waitFor(() => ask(port), { timeout: 3 * minuteMs, interval: 500 });
    // the guest may be gone before it has replied, which is an exit code of 255
    await vagrantSsh({ folder, __unparsed__: ['sudo -n systemctl --no-block reboot'] }, context);
    for (const [at, expected] of [
      [port, { starts: Number(starts) + 1 }],
      [otherPort, { name: '50% of $it' }],
    ] as const)
      await vi.waitFor(
        async () => {
          const now = await ask(at);
          expect(now).toMatchObject(expected);
          expect(now.boot).not.toBe(boot);
        },
        { timeout: 5 * minuteMs, interval: 500 },
      );
  });

  test('is shut down and removed, and leaves no domain, disk, hypervisor or tunnel', async () => {
    const signal = AbortSignal.timeout(2 * minuteMs);
    const name = (await virsh(['domname', domain()], signal)).trim();
    const id = domain();
    expect(await vagrantHalt({ folder }, context)).toEqual({ success: true });
    expect(domainPid(id)).toBeUndefined();
    expect([portOwner(port), portOwner(otherPort)]).toEqual([undefined, undefined]);
    expect(await vagrantDestroy({ folder, box: up.box, forgetBox: false }, context)).toEqual({
      success: true,
    });
    expect(machineId(machinePlace(absolute))).toBeUndefined();
    expect(await virsh(['list', '--all', '--name'], signal)).not.toContain(name);
    expect(await virsh(['vol-list', 'default'], signal)).not.toContain(name);
  });
});
