import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Arrangement, arrangeScript, endingWords } from './guest-service.ts';

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

/** Runs the script with the folder as the guest's root, and returns the calls of systemctl. */
function arrange(arrangement: Arrangement): string {
  const script = arrangeScript('a', arrangement).replaceAll(
    /\/(etc\/systemd|var\/lib\/tare'?\n)/g,
    `${folder}/$1`,
  );
  const input = `systemctl() { echo "systemctl $*"; }\n${script}`;
  return spawnSync('sh', ['-s'], { input, encoding: 'utf8' }).stdout;
}

it('variables come into the drop-in as they are, and a second time changes nothing', () => {
  const arrangement = { variables: { A: `it's "so" 100% \\ $HOME` }, dataVariable: undefined };
  expect(arrange(arrangement)).toBe('systemctl daemon-reload\nsystemctl -q enable tare@a.service\n');
  expect(readFileSync(dropIn, 'utf8')).toBe(`[Service]\nEnvironment="A=it's \\"so\\" 100%% \\\\ $HOME"\n`);
  expect(arrange(arrangement)).toBe('systemctl -q enable tare@a.service\n');
});

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
