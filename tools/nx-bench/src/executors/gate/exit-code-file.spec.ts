import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exitCodeVariable, readExitCode, reportExitCode } from './exit-code-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-exit-code-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('carries an exit code past Nx, which knows 0 and 1 only', async () => {
  const path = join(folder, 'code');
  expect(await readExitCode(path)).toBeUndefined();
  await reportExitCode(2, { [exitCodeVariable]: path });
  expect(await readExitCode(path)).toBe(2);
});

it('writes nothing when nobody asks', async () => {
  await expect(reportExitCode(2, {})).resolves.toBeUndefined();
});

it('takes nothing else for an exit code', async () => {
  await writeFile(join(folder, 'code'), '17');
  expect(await readExitCode(join(folder, 'code'))).toBeUndefined();
});
