import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { canary } from '../../../../canary.shared.ts';
import type { SshRun } from '../ssh.ts';
import {
  type Arrangement,
  arrangeScript,
  endingWords,
  guestService,
  listeningOf,
  serve,
  unitName,
} from './guest-service.ts';

it('a service that ran out of memory is said to have', () => {
  const killed = new Map([
    ['Result', 'oom-kill'],
    ['ExecMainCode', '2'],
    ['ExecMainStatus', '9'],
  ]);
  expect(endingWords(killed)).toBe('was ended: out of memory');
});

it('an exit code and a signal are distinguished', () => {
  expect(
    endingWords(
      new Map([
        ['ExecMainCode', '1'],
        ['ExecMainStatus', '7'],
      ]),
    ),
  ).toBe('ended with exit code 7');
  expect(
    endingWords(
      new Map([
        ['ExecMainCode', '2'],
        ['ExecMainStatus', '11'],
      ]),
    ),
  ).toBe('was ended by signal 11');
});

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
const dropIn = join(folder, 'etc/systemd/system/tare@a.service.d/run.conf');

beforeAll(() => {
  mkdirSync(join(folder, 'etc/systemd/system/multi-user.target.wants'), { recursive: true });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const bundle: Arrangement['artifact'] = { kind: 'node', workload: 'a', path: '/a.mjs', sha256: '', bytes: 1 };

/** Runs the script with the folder as the guest's root, and returns the calls of systemctl. */
function arrange(arrangement: Partial<Arrangement>): string {
  const script = arrangeScript({
    artifact: bundle,
    variables: {},
    dataVariable: undefined,
    port: undefined,
    ...arrangement,
  }).replaceAll(/\/(etc\/systemd|var\/lib\/tare'?\n)/g, `${folder}/$1`);
  const input = `systemctl() { echo "systemctl $*"; }\n${script}`;
  return spawnSync('sh', ['-s'], { input, encoding: 'utf8' }).stdout;
}

it('variables come into the drop-in as they are, and a second time changes nothing', () => {
  const arrangement = { variables: { A: `it's "so" 100% \\ $HOME` }, dataVariable: undefined };
  expect(arrange(arrangement)).toBe('systemctl daemon-reload\nsystemctl -q enable tare@a.service\n');
  expect(readFileSync(dropIn, 'utf8')).toBe(`[Service]\nEnvironment="A=it's \\"so\\" 100%% \\\\ $HOME"\n`);
  expect(arrange(arrangement)).toBe('systemctl -q enable tare@a.service\n');
});

it('variables go to the guest by standard input: no command line has them, and no message when that fails', async () => {
  const orders: { readonly command: string; readonly input: string }[] = [];
  const run = (command: string, { input = '' }: SshRun) => {
    orders.push({ command, input });
    return Promise.resolve({ stdout: '', stderr: 'printf: write error: No space left on device', code: 1 });
  };
  const ssh = { host: 'vm', run, spawn: () => { throw new Error('nothing is started'); }, close: () => Promise.resolve() };
  const arrangement = { artifact: bundle, variables: { TOKEN: canary }, dataVariable: undefined, port: undefined };
  const never = new AbortController().signal;
  for (const act of [() => guestService(ssh, 'a').arrange(arrangement, never), () => serve(ssh, [arrangement], never)])
    await expect(act()).rejects.toThrow(/the VM's disk is full$/);
  expect(orders).toHaveLength(2);
  for (const { command, input } of orders) {
    expect(command).not.toContain(canary);
    expect(input).toContain(`Environment="TOKEN=${canary}"`);
  }
}); // prettier-ignore

it('an app that keeps data gets a state directory and its path, and old data is removed', () => {
  const left = join(folder, 'var/lib/tare/a/file');
  mkdirSync(join(left, '..'), { recursive: true });
  writeFileSync(left, '');
  arrange({ variables: {}, dataVariable: 'DATA' });
  expect(readFileSync(dropIn, 'utf8')).toBe(
    '[Service]\nEnvironment="DATA=/var/lib/tare/a"\nStateDirectory=tare/a\nStateDirectoryMode=0700\n',
  );
  expect(existsSync(join(folder, 'var/lib/tare'))).toBe(false);
});

it('an app that wants nothing has no drop-in', () => {
  arrange({ variables: {}, dataVariable: undefined });
  expect(existsSync(dropIn)).toBe(false);
});

it('a folder has its command, in which only the port stands for something else', () => {
  const command = ['./bin/serve', '--port=$PORT', 'it costs $5', '100% "so"', ''];
  arrange({ artifact: { ...bundle, kind: 'files', command } });
  expect(readFileSync(dropIn, 'utf8')).toBe(
    [
      '[Service]',
      'WorkingDirectory=/opt/tare/a/app',
      'ExecStart=',
      'ExecStart="/opt/tare/a/app/bin/serve" "--port=8000" "it costs $$5" "100%% \\"so\\"" ""',
      '',
    ].join('\n'),
  );
  arrange({ artifact: { ...bundle, kind: 'files', command: ['node', 'server.js'] } });
  expect(readFileSync(dropIn, 'utf8')).toContain(
    'ExecStart=\nExecStart=/usr/local/bin/node $NODE_ARGUMENTS "server.js"\n',
  );
});

it('a workload of any name has a unit and folders of its own', () => {
  const script = arrangeScript({
    artifact: { ...bundle, kind: 'files', workload: '@shop/api', command: ['./a'] },
    variables: {},
    dataVariable: 'DATA',
    port: undefined,
  });
  const name = /tare@(shop-api-[0-9a-f]{8})\.service\.d/.exec(script)?.[1];
  for (const place of [`/opt/tare/${name}/app`, `/var/lib/tare/${name}`, `StateDirectory=tare/${name}`])
    expect(script).toContain(place);
  expect(script).not.toContain('@shop/');
});

it('an app with a port of its own is told it, by PORT and in its command', () => {
  arrange({ artifact: { ...bundle, kind: 'files', command: ['./a', '$PORT'] }, port: 3000 });
  const text = readFileSync(dropIn, 'utf8');
  expect(text).toContain('ExecStart="/opt/tare/a/app/a" "3000"\n');
  expect(text).toContain('Environment="PORT=3000"\n');
});

it('the sockets of an app are told from those of the guest', () => {
  // recorded from iproute2 6.1
  const sockets = [
    'LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=190,fd=3))',
    'LISTEN 0      511        127.0.0.1:3456      0.0.0.0:*    users:(("node",pid=311,fd=18))',
    'LISTEN 0      511                *:8000            *:*    users:(("node",pid=311,fd=19),("node",pid=312,fd=19))',
    'LISTEN 0      128             [::]:22           [::]:*    users:(("sshd",pid=190,fd=4))',
    '',
  ].join('\n');
  expect(listeningOf(sockets, new Set(['311', '400']))).toEqual([
    { address: '127.0.0.1', port: 3456 },
    { address: '::', port: 8000 },
  ]);
});

test('a plain name stays as it is', () => {
  expect(unitName('primes')).toBe('primes');
  expect(unitName('gallery-2')).toBe('gallery-2');
});

test('any name becomes one that units, folders and shells take', () => {
  const names = [
    '@shop/api',
    'api:cold',
    'two words',
    "it's %i $HOME",
    '7',
    '-',
    'Ünïcode',
    '../up',
    'A'.repeat(300),
  ];
  for (const name of names) expect(unitName(name)).toMatch(/^[a-z][a-z0-9-]{0,40}-[0-9a-f]{8}$/);
  expect(unitName('@shop/api')).toMatch(/^shop-api-[0-9a-f]{8}$/);
});

test('two workloads never have the same', () => {
  const names = [
    'shop-api',
    '@shop/api',
    'shop/api',
    'shop:api',
    'Shop-Api',
    unitName('@shop/api'),
    `${'a'.repeat(60)}b`,
    `${'a'.repeat(60)}c`,
  ];
  expect(new Set(names.map(unitName)).size).toBe(names.length);
});
