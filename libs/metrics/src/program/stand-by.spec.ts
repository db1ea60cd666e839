import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { descendants } from '../meters/process-table.ts';

const module = new URL('stand-by.ts', import.meta.url).href;
let folder: string;
let poster: ChildProcess;
const place = (name: string): string => join(folder, name);
const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-stand-by-'));
  writeFileSync(
    place('waiter.mjs'),
    `import { writeFileSync } from 'node:fs';
    import { standBy } from '${module}';
    if (process.argv[2] === 'wait') writeFileSync(process.argv[3] + '.pid', String(process.pid));
    const [left] = await standBy();
    writeFileSync(left, 'left');`,
  );
  writeFileSync(
    place('poster.mjs'),
    `import { postStandBy } from '${module}';
    const posted = postStandBy('${place('waiter.mjs')}', ['${place('left')}']);
    if (!(await posted.launched)) process.exit(1);
    process.stdin.once('data', () => { posted.dismiss(); process.exit(); });`,
  );
  poster = spawn(process.execPath, [place('poster.mjs')], { stdio: ['pipe', 'inherit', 'inherit'] });
});
afterEach(() => {
  poster.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const waiter = (): Promise<number> =>
  vi.waitFor(
    () => {
      const pid = Number(readFileSync(place('left.pid'), 'utf8'));
      if (pid === 0) throw new Error('not yet');
      return pid;
    },
    { timeout: 10_000 },
  );
const gone = (pid: number): Promise<void> =>
  vi.waitFor(
    () => {
      expect(isThere(pid)).toBe(false);
    },
    { timeout: 10_000 },
  );

it('acts when the process that posted it is killed, of which it is no descendant', async () => {
  const pid = await waiter();
  await vi.waitFor(
    () => {
      expect(descendants(poster.pid ?? NaN)).toEqual([poster.pid]);
    },
    { timeout: 10_000 },
  );
  expect([isThere(pid), existsSync(place('left'))]).toEqual([true, false]);
  poster.kill('SIGKILL');
  await gone(pid);
  expect(existsSync(place('left'))).toBe(true);
});

it('does nothing until then, and nothing when it is dismissed', async () => {
  const pid = await waiter();
  poster.stdin?.write('dismiss');
  await once(poster, 'exit');
  await gone(pid);
  expect(existsSync(place('left'))).toBe(false);
});
