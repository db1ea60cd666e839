import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorLine } from '@tare/checks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runExecutor, writeApp, writeConfig } from '../../../fixtures/executor-process.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-doctor-'));
  await writeApp(root);
  const away =
    "{ ...native(), name: 'away', probe: () => ({ usable: false, reason: 'it is away', remedy: 'call it' }) }";
  await writeConfig(root, `environments: [native(), { ...native(), name: 'again' }, ${away}]`);
  await writeConfig(root, `environments: [${away}]`, 'nothing.config.mjs');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const doctor = (options: object) =>
  runExecutor('doctor', { config: 'bench.config.mjs', ...options }, { root });

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
