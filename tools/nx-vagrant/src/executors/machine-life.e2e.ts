import probe from './probe/executor.ts';
import vagrantDestroy from './vagrant-destroy/executor.ts';
import vagrantHalt from './vagrant-halt/executor.ts';
import vagrantUp from './vagrant-up/executor.ts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { choosePort } from '@tare/environment';
import { afterAll, describe, expect, test } from 'vitest';
import { vmForTests } from '../../fixtures/vm-for-tests.ts';
import { domainPid, virsh } from '../libvirt.ts';
import { portOwner } from '../machine/free-port.ts';
import { machineId, machinePlace } from '../machine/machine-place.ts';
import { openSsh, shellWords } from '../ssh.ts';
import { createVagrant } from '../vagrant-client.ts';

const found = await vmForTests();
const minuteMs = 60_000;
const script = `
import { createServer } from 'node:http';
createServer((_request, reply) => reply.end('fine')).listen(Number(process.env.PORT), process.env.HOST);
`;

describe.skipIf(found === undefined)('a machine of this checkout', { timeout: 10 * minuteMs }, async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'tare-test-'));
  // a machine of its own beside the checkout's
  process.env.TARE_VAGRANT_STATE = join(temporary, '.vagrant');
  process.env.TARE_DOMAIN_PREFIX = `tare-test-${process.pid}`;
  const port = await choosePort();
  process.env.TARE_PORT = String(port);
  const root = resolve(import.meta.dirname, '../../../..');
  const folder = 'environments/vagrant';
  // from the root of the file system
  const projectRoot = temporary.slice(1);
  mkdirSync(join(temporary, 'app'));
  writeFileSync(join(temporary, 'app/main.mjs'), script);
  const context: ExecutorContext = {
    root,
    cwd: root,
    isVerbose: false,
    projectsConfigurations: { version: 2, projects: {} },
    nxJsonConfiguration: {},
    projectGraph: {
      nodes: {
        'tare-test': { name: 'tare-test', type: 'app', data: { root: projectRoot, tags: ['workload'] } },
      },
      dependencies: {},
    },
  };
  const up = {
    folder,
    workloadTag: 'workload',
    // it lies outside of the workspace
    artifact: `${relative(root, '/')}/{workloadRoot}/app/main.mjs`,
    accelerator: 'tcg',
    healthPath: '/health',
    bootDeadlineSeconds: 400,
    probe: 'dist/vagrant/probe-of-test.json',
    box: 'dist/vagrant/box',
  } as const;
  const absolute = join(root, folder);
  const domain = (): string => machineId(machinePlace(absolute)) ?? 'none';

  afterAll(async () => {
    await vagrantDestroy({ folder, box: up.box, forgetBox: false }, context);
    rmSync(temporary, { recursive: true, force: true });
    rmSync(join(root, up.probe), { force: true });
  }, 3 * minuteMs);

  test('is booted with the workload, and answers on the forwarded port', async () => {
    expect(await probe({ out: up.probe }, context)).toEqual({ success: true });
    expect(await vagrantUp(up, context)).toEqual({ success: true });
    const reply = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(10_000) });
    expect([reply.status, await reply.text()]).toEqual([200, 'fine']);
    expect(domainPid(domain())).toBeGreaterThan(0);
  });

  test('takes commands over one connection, with their input, output and exit code', async () => {
    const signal = AbortSignal.timeout(2 * minuteMs);
    const vagrant = createVagrant({ folder: absolute, variables: {} });
    expect(await vagrant.status({ signal })).toBe('running');
    const ssh = await openSsh(await vagrant.sshConfig({ signal }), { signal });
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

  test('is reused when it runs', async () => {
    const pid = domainPid(domain());
    expect(await vagrantUp(up, context)).toEqual({ success: true });
    expect(domainPid(domain())).toBe(pid);
  });

  test('is shut down and removed, and leaves no domain, disk, hypervisor or tunnel', async () => {
    const signal = AbortSignal.timeout(2 * minuteMs);
    const name = (await virsh(['domname', domain()], signal)).trim();
    const id = domain();
    expect(await vagrantHalt({ folder }, context)).toEqual({ success: true });
    expect(domainPid(id)).toBeUndefined();
    expect(portOwner(port)).toBeUndefined();
    expect(await vagrantDestroy({ folder, box: up.box, forgetBox: false }, context)).toEqual({
      success: true,
    });
    expect(machineId(machinePlace(absolute))).toBeUndefined();
    expect(await virsh(['list', '--all', '--name'], signal)).not.toContain(name);
    expect(await virsh(['vol-list', 'default'], signal)).not.toContain(name);
  });
});
