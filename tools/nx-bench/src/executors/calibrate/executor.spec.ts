import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calibrationSchema } from '@tare/checks';
import { readOptions } from '@tare/options';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tables } from '../../options.ts';
import { partsOf } from './executor.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-calibrate-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

type Outcome = { readonly stdout: string; readonly stderr: string };

/** Runs the executor in a process of its own, as Nx does; with `interrupt`, Ctrl-C comes when it has made its first check. */
async function calibrate(options: object, interrupt = false): Promise<Outcome> {
  const executor = new URL('./executor.ts', import.meta.url).href;
  const script = `
    import calibrate from '${executor}';
    const { success } = await calibrate(${JSON.stringify(options)}, { root: ${JSON.stringify(root)} });
    process.stderr.write(success ? 'succeeded' : 'did not succeed');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const outcome = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
  if (interrupt) child.stdout.once('data', () => child.kill('SIGINT'));
  await once(child, 'close');
  return outcome;
}

it('writes what it found for this host, and prints it as JSON when asked to', async () => {
  const { stdout, stderr } = await calibrate({ only: 'memory', json: true });
  const printed = calibrationSchema.parse(JSON.parse(stdout));
  expect(printed.checks.map(({ id }) => id)).toEqual(['memory']);
  expect(stderr).toContain(`written: reports/calibration/${printed.hostFingerprint}.json`);
  expect(stderr.endsWith('succeeded')).toBe(true);
  expect((await readdir(join(root, 'reports', 'calibration'))).toSorted()).toEqual([
    `${printed.hostFingerprint}.json`,
    'calibration.md',
  ]);
});

it.each<[object, string]>([
  [{ minutes: 0 }, '--minutes=0: expected a number of minutes from 0.01 to 1440\n'],
  [{ only: 'moon' }, '--only=moon: expected some of latency, cpu, memory, startup, aa, ab, power\n'],
  [{ seed: 'x' }, '--seed=x: expected a whole number from 0 to 2147483648\n'],
])('fails with one clear line for %j', async (options, line) => {
  expect(await calibrate(options)).toEqual({ stdout: '', stderr: `${line}did not succeed` });
});

it('ends in order after Ctrl-C, and writes no half calibration', { timeout: 60_000 }, async () => {
  const { stderr } = await calibrate({ only: 'memory,aa' }, true);
  expect(stderr).toContain('interrupted by SIGINT');
  expect(stderr).toContain('did not succeed');
  const left = await readdir(root, { recursive: true });
  expect(left.filter((path) => path.startsWith('reports/calibration'))).toEqual([]);
});

it('has defaults', () => {
  expect(readOptions(tables.calibrate, {})).toEqual({
    minutes: 15,
    seed: 1,
    outputPath: 'reports',
    json: false,
  });
  expect(partsOf()).toEqual(['latency', 'cpu', 'memory', 'startup', 'aa', 'ab']);
});

it('makes the parts that are named, in its own order', () => {
  expect(partsOf('ab, cpu')).toEqual(['cpu', 'ab']);
  expect(partsOf('power')).toEqual(['power']);
  expect(() => partsOf('ab,gpu')).toThrow(
    '--only=ab,gpu: expected some of latency, cpu, memory, startup, aa, ab, power',
  );
});
