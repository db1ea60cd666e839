import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runExecutor, writeConfig } from '../../../fixtures/executor-process.ts';
import { exitCodeVariable, readExitCode } from './exit-code-file.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-gate-executor-'));
  await writeConfig(root);
  execFileSync('git', ['init', '--quiet', root]);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function gate(options: object) {
  const code = join(root, 'code');
  const outcome = await runExecutor(
    'gate',
    { config: 'bench.config.mjs', ...options },
    { root, projectName: '@shop/bench' },
    [],
    { NX_BASE: '', [exitCodeVariable]: code, GITHUB_STEP_SUMMARY: join(root, 'step.md') },
  );
  return { ...outcome, code: await readExitCode(code) };
}

it('reports a base that is none in one line, in its files and on the page of the job', async () => {
  const { stdout, code } = await gate({ base: 'nowhere' });
  expect(code).toBe(3);
  expect(stdout).toContain('Not measured: --base=nowhere: there is no such commit here');
  expect(stdout).toContain('exit code 3 (invalid)\ndid not succeed');
  const folder = join(root, 'reports/gate/@shop/bench');
  expect(await readdir(folder)).toEqual(['gate.json', 'gate.junit.xml', 'gate.md']);
  expect(JSON.parse(await readFile(join(folder, 'gate.json'), 'utf8'))).toMatchObject({
    decision: 'invalid',
    exitCode: 3,
  });
  expect(await readFile(join(root, 'step.md'), 'utf8')).toContain('**Not measured: --base=nowhere');
});

it('refuses a wrong option in one line and writes nothing', async () => {
  const { stderr, code } = await gate({ threshold: 'much' });
  expect({ stderr, code }).toEqual({
    stderr: '--threshold=much: expected a percentage from 0.1 to 1000\n',
    code: 3,
  });
  expect(await readdir(root)).not.toContain('reports');
});
