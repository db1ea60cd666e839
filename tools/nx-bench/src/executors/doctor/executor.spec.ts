import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorLine } from '@tare/checks';
import { afterAll, beforeAll, expect, it } from 'vitest';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-doctor-'));
  await writeFile(join(root, 'main.mjs'), '');
  const config = (environments: string): string => `
    import { native } from '${import.meta.resolve('@tare/environment')}';
    const away = { ...native(), name: 'away', probe: () => ({ usable: false, reason: 'it is away', remedy: 'call it' }) };
    export default {
      workloads: [{ name: 'app', app: { kind: 'node', file: new URL('main.mjs', import.meta.url) }, health: '/health',
        request: () => ({ path: '/' }), conformance: [{ request: { path: '/health' }, status: 200 }] }],
      environments: [${environments}],
    };`;
  await writeFile(join(root, 'bench.config.mjs'), config("native(), { ...native(), name: 'again' }, away"));
  await writeFile(join(root, 'nothing.config.mjs'), config('away'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the executor in a process of its own, as Nx does. */
async function doctor(options: object): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const executor = new URL('./executor.ts', import.meta.url).href;
  const script = `
    import doctor from '${executor}';
    const { success } = await doctor(${JSON.stringify({ config: 'bench.config.mjs', ...options })}, { root: ${JSON.stringify(root)} });
    console.log(success ? 'succeeded' : 'did not succeed');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
  await once(child, 'close');
  return outcome;
}

it('prints a table of this host', async () => {
  const { stdout, stderr } = await doctor({});
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^[✓!] CPUs +\S/m);
  expect(stdout).toMatch(/^✓ environment again +usable$/m);
  expect(stdout).toMatch(/^! environment away +not usable: it is away\n +mend: call it$/m);
  const problems = Number(/(\d+) problems?$/m.exec(stdout)?.[1]);
  expect(stdout).toMatch(problems === 0 ? /^succeeded$/m : /^did not succeed$/m);
});

it('prints JSON, and fails when nothing can be measured', async () => {
  const { stdout } = await doctor({ config: 'nothing.config.mjs', json: true });
  const end = stdout.lastIndexOf(']') + 1;
  expect(stdout.slice(end)).toBe('\ndid not succeed\n');
  const lines = JSON.parse(stdout.slice(0, end)) as readonly DoctorLine[];
  expect(lines.at(-1)).toMatchObject({ level: 'problem', subject: 'environments' });
});

it('fails with one clear line without a configuration', async () => {
  const { stdout, stderr } = await doctor({ config: 'none.ts' });
  expect(stderr).toMatch(/^none\.ts could not be loaded: .*\n$/);
  expect(stdout).toBe('did not succeed\n');
});
