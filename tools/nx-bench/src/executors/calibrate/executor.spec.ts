import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calibrationSchema } from '@tare/checks';
import { readOptions } from '@tare/options';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runExecutor, type Signal } from '../../../fixtures/executor-process.ts';
import { tables } from '../../options.ts';
import { partsOf } from './executor.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-calibrate-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const calibrate = (options: object, signals: readonly Signal[] = []) =>
  runExecutor('calibrate', options, { root }, signals);

it(
  'writes what it found for this host, and prints it as JSON when asked to',
  { timeout: 60_000 },
  async () => {
    const { stdout, stderr } = await calibrate({ only: 'memory', json: true });
    const printed = calibrationSchema.parse(JSON.parse(stdout.slice(0, stdout.lastIndexOf('}') + 1)));
    expect(printed.checks.map(({ id }) => id)).toEqual(['memory']);
    expect(stderr).toContain(`written: reports/calibration/${printed.hostFingerprint}.json`);
    expect(stdout).toMatch(/\}\nsucceeded\n$/);
    expect((await readdir(join(root, 'reports', 'calibration'))).toSorted()).toEqual([
      `${printed.hostFingerprint}.json`,
      'calibration.md',
    ]);
  },
);

it.each<[object, string]>([
  [{ minutes: 0 }, '--minutes=0: expected a number of minutes from 0.01 to 1440\n'],
  [{ only: 'moon' }, '--only=moon: expected some of latency, cpu, memory, startup, aa, ab, power\n'],
  [{ seed: 'x' }, '--seed=x: expected a whole number from 0 to 2147483648\n'],
])('fails with one clear line for %j', async (options, line) => {
  expect(await calibrate(options)).toEqual({ stdout: 'did not succeed\n', stderr: line });
});

it('ends in order after Ctrl-C, and writes no half calibration', { timeout: 60_000 }, async () => {
  // when the first check is made
  const { stdout, stderr } = await calibrate({ only: 'memory,aa' }, [{ text: '\n', signal: 'SIGINT' }]);
  expect(stderr).toContain('interrupted by SIGINT');
  expect(stdout).toContain('did not succeed');
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
