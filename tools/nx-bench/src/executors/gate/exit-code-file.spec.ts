import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callerGone, exitCodeVariable, readExitCode, reportExitCode } from './exit-code-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-exit-code-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('carries an exit code past Nx, which knows 0 and 1 only', async () => {
  const path = join(folder, 'code');
  expect(await readExitCode(path)).toBeUndefined();
  await reportExitCode(2, { [exitCodeVariable]: path }, new AbortController().signal);
  expect(await readExitCode(path)).toBe(2);
});

it('writes nothing when nobody asks', async () => {
  await expect(reportExitCode(2, {}, new AbortController().signal)).resolves.toBeUndefined();
});

it('takes nothing else for an exit code', async () => {
  await writeFile(join(folder, 'code'), '17');
  expect(await readExitCode(join(folder, 'code'))).toBeUndefined();
});

it('tells when the process that waits for the code has been killed, now or before', async () => {
  const variables = { [exitCodeVariable]: join(folder, 'code') };
  expect(callerGone({}).aborted).toBe(false);
  const ofNobody = callerGone(variables);
  const module = new URL('exit-code-file.ts', import.meta.url).href;
  const script = `import { answerForCaller } from '${module}';
    await answerForCaller(process.argv[1]); console.log('waiting'); setInterval(() => {}, 1000);`;
  const caller = spawn(process.execPath, ['--input-type=module', '-e', script, join(folder, 'code')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(caller.stdout, 'data');
  const gone = callerGone(variables);
  const killed = once(gone, 'abort');
  expect(gone.aborted).toBe(false);
  caller.kill('SIGKILL');
  await killed;
  expect(String(gone.reason)).toContain('tare-gate, which had started this, has ended');
  await once(callerGone(variables), 'abort');
  expect(ofNobody.aborted).toBe(false);
  // what it would have removed is removed for it
  await reportExitCode(2, variables, gone);
  expect(existsSync(folder)).toBe(false);
});
