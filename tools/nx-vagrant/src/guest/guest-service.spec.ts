import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { arrangeScript, endingWords } from './guest-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('a service that ran out of memory is said to have', () => {
  const killed = new Map([
    ['Result', 'oom-kill'],
    ['ExecMainCode', '2'],
    ['ExecMainStatus', '9'],
  ]);
  expect(endingWords(killed)).toBe('was ended: out of memory');
});

it('an exit code and a signal are told apart', () => {
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

it('variables come into the drop-in as they are, and a second time changes nothing', () => {
  mkdirSync(join(folder, 'etc/systemd/system/multi-user.target.wants'), { recursive: true });
  const script = arrangeScript('tare@a.service', { A: `it's "so" 100% \\ $HOME` }).replaceAll(
    '/etc/systemd',
    `${folder}/etc/systemd`,
  );
  const run = (): string =>
    spawnSync('sh', ['-s'], { input: `systemctl() { echo "systemctl $*"; }\n${script}`, encoding: 'utf8' })
      .stdout;
  expect(run()).toBe('systemctl daemon-reload\nsystemctl -q enable tare@a.service\n');
  const written = readFileSync(join(folder, 'etc/systemd/system/tare@a.service.d/run.conf'), 'utf8');
  expect(written).toBe(`[Service]\nEnvironment="A=it's \\"so\\" 100%% \\\\ $HOME"\n`);
  expect(run()).toBe('systemctl -q enable tare@a.service\n');
});
