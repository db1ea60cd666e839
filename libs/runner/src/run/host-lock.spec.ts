import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { thisRunner } from '@tare/environment';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockHost, removeLeftClaims } from './host-lock.ts';

const holder = { pid: process.pid, runId: 'r1', startedAt: '2026-01-01T00:00:00.000Z', folder: '/somewhere' };
const isRoot = process.getuid?.() === 0;
const module = new URL('host-lock.ts', import.meta.url).href;
// a user of every Debian, and where it is not, a number like others
const nobody = 65_534;
// who must be able to read the suite
const hasNobody =
  isRoot && spawnSync(process.execPath, [fileURLToPath(module)], { uid: nobody, gid: nobody }).status === 0;

describe.skipIf(process.platform !== 'linux')('the lock of a host', () => {
  let folder: string;
  const started: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tare-lock-test-'));
    chmodSync(folder, 0o1777);
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Another process that holds the lock, or does what a script says. */
  async function another(
    script: string,
    wrapper: readonly string[] = [],
    uid?: number,
  ): Promise<ChildProcess> {
    const lines = `import { lockHost } from '${module}'; const folder = ${JSON.stringify(folder)};
      const holder = { pid: process.pid, runId: 'theirs', startedAt: 'then', folder: 'there' };
      ${script}; process.stdout.write('ready'); setInterval(() => {}, 1000);`;
    const node = [process.execPath, '--input-type=module', '-e', lines];
    const [program = '', ...rest] = [...wrapper, ...node];
    const child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    started.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  it('lets one run in and tells the next who is there', () => {
    const lock = lockHost(holder, folder);
    expect(() => lockHost({ ...holder, runId: 'r2' }, folder)).toThrow(
      `another run is measuring on this host (pid ${process.pid}, run r1, since 2026-01-01T00:00:00.000Z, in /somewhere): wait for its end`,
    );
    lock.release();
    lock.release();
    lockHost(holder, folder).release();
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('is free again when its holder is killed, and what that one claimed is forgotten', async () => {
    const child = await another('lockHost(holder, folder)');
    expect(() => lockHost(holder, folder)).toThrow(`pid ${child.pid}, run theirs`);
    child.kill('SIGKILL');
    await once(child, 'close');
    const lock = lockHost(holder, folder);
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    lock.release();
  });

  it('a claim is taken away once its run is killed, and no earlier', async () => {
    const claims = () => readdirSync(folder).filter((name) => name.endsWith('.json'));
    const child = await another('lockHost(holder, folder)');
    removeLeftClaims(folder);
    expect(claims()).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'close');
    removeLeftClaims(folder);
    expect(claims()).toEqual([]);
  });

  it('waits for the claim of a run that has only just got the lock', async () => {
    const child = await another(`
      const { openSync, writeFileSync } = await import('node:fs');
      const { spawnSync } = await import('node:child_process');
      const { thisRunner } = await import('${import.meta.resolve('@tare/environment')}');
      const descriptor = openSync(folder + '/tare-run-' + process.getuid(), 'w', 0o600);
      spawnSync('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'inherit', descriptor] });
      const claim = JSON.stringify({ ...holder, runner: thisRunner() });
      setTimeout(() => writeFileSync(folder + '/tare-run-late.json', claim), 300)`);
    expect(() => lockHost(holder, folder)).toThrow(`pid ${child.pid}, run theirs`);
  });

  it.skipIf(!isRoot)('is one for all namespaces of the network and of processes', async () => {
    const spaces = ['unshare', '--net', '--pid', '--fork', '--kill-child'];
    const unshare = await another('lockHost(holder, folder)', spaces);
    expect(() => lockHost(holder, folder)).toThrow(
      /another run is measuring on this host \(pid \d+, run theirs/,
    );
    unshare.kill('SIGKILL');
    await once(unshare, 'close');
    await expect.poll(() => lockHost(holder, folder).release(), { timeout: 5000 }).toBeUndefined();
  });

  it.skipIf(!hasNobody)('counts a run of another user, who can be overruled', async () => {
    const child = await another('lockHost(holder, folder)', [], nobody);
    expect(() => lockHost(holder, folder)).toThrow(
      `another run is measuring on this host (user ${nobody}, pid ${child.pid}, run theirs, since then, in there): wait for its end; to measure beside it: TARE_IGNORE_LOCK_OF=${nobody}`,
    );
    process.env.TARE_IGNORE_LOCK_OF = `1,${nobody}`;
    try {
      lockHost(holder, folder).release();
    } finally {
      delete process.env.TARE_IGNORE_LOCK_OF;
    }
    child.kill('SIGKILL');
    await once(child, 'close');
    lockHost(holder, folder).release();
  });

  it.skipIf(!hasNobody)('cannot be held by a user without a run, whatever that one puts there', async () => {
    const claim = JSON.stringify({ ...holder, runner: thisRunner() });
    const script = `
      const { writeFileSync, symlinkSync, mkdirSync } = await import('node:fs');
      const { spawnSync } = await import('node:child_process');
      // names of this user: a file, a folder, a link, a queue
      writeFileSync(folder + '/tare-run-0', '');
      spawnSync('flock', ['-n', folder + '/tare-run-0', 'true']);
      mkdirSync(folder + '/tare-run-0-1');
      symlinkSync('/etc/passwd', folder + '/tare-run-0-2');
      spawnSync('mkfifo', [folder + '/tare-run-0-3']);
      // claims in another's name, without end, and of nobody that lives
      writeFileSync(folder + '/tare-run-a.json', ${JSON.stringify(claim)});
      writeFileSync(folder + '/tare-run-b.json', 'x'.repeat(1e7));
      writeFileSync(folder + '/tare-run-c.json', ${JSON.stringify(claim.replace(/\.\d+"}$/, '.1"}'))});
      spawnSync('mkfifo', [folder + '/tare-run-d.json']);`;
    await another(script, [], nobody);
    const lock = lockHost(holder, folder);
    expect(() => lockHost(holder, folder)).toThrow('run r1');
    lock.release();
  });

  it('tells harmlessly what a claim says', () => {
    const lock = lockHost({ ...holder, folder: '/x\n::error::boo\u001b[31m\r' }, folder);
    let message = '';
    try {
      lockHost(holder, folder);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('in /x : :error::boo');
    // eslint-disable-next-line no-control-regex
    expect(message).not.toMatch(/[\u0000-\u001f]/);
    lock.release();
  });

  it('says what to do where there is no flock, or no folder to write to', () => {
    const { PATH } = process.env;
    process.env.PATH = '/none';
    try {
      expect(() => lockHost(holder, folder)).toThrow('flock is not on PATH: apt-get install util-linux');
    } finally {
      process.env.PATH = PATH;
    }
    lockHost(holder, folder).release();
    expect(() => lockHost(holder, join(folder, 'none'))).toThrow(
      /cannot be had in .*none \(ENOENT.*\): make that folder writable, or name another in TARE_LOCK_FOLDER/,
    );
  });
});
