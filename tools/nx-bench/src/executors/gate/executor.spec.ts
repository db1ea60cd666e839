import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exitCodeVariable, readExitCode } from './exit-code-file.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-gate-executor-'));
  await writeFile(
    join(root, 'bench.config.mjs'),
    `import { native } from '${import.meta.resolve('@tare/environment')}';
     export default {
       workloads: [{ name: 'app', app: { kind: 'node', file: new URL('main.mjs', import.meta.url) }, health: '/health',
         request: () => ({ path: '/' }), conformance: [{ request: { path: '/health' }, status: 200 }] }],
       environments: [native()],
     };`,
  );
  execFileSync('git', ['init', '--quiet', root]);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Runs the executor in a process of its own, as Nx does. */
async function gate(options: object) {
  const executor = new URL('./executor.ts', import.meta.url).href;
  const script = `
    import gate from '${executor}';
    const { success } = await gate(${JSON.stringify({ config: 'bench.config.mjs', ...options })}, { root: ${JSON.stringify(root)}, projectName: '@shop/bench' });
    console.log(success ? 'succeeded' : 'did not succeed');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      ...process.env,
      NX_BASE: '',
      [exitCodeVariable]: join(root, 'code'),
      GITHUB_STEP_SUMMARY: join(root, 'step.md'),
    },
  });
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
  await once(child, 'close');
  return { ...outcome, code: await readExitCode(join(root, 'code')) };
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
