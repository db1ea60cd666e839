import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exampleRun, exampleTrial } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { notRoot, tinyDisk } from '../fixtures/tiny-disk.ts';
import { compare } from './compare.ts';
import { parseRunFile, writeRunFile } from './run-file.ts';
import { summarise } from './summarise.ts';

describe('parseRunFile', () => {
  const text = JSON.stringify(exampleRun());

  function problem(damaged: string): string {
    try {
      parseRunFile(damaged, 'run.json');
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return 'none';
  }

  test('reads back what was written', () => {
    expect(parseRunFile(text, 'run.json')).toEqual(exampleRun());
  });

  test.each([
    [
      '"requests":2000',
      '"requests":"many"',
      'trials[0].load.requests: expected a number, found "many" (and 3 more)',
    ],
    [
      '"requests":2000',
      '"requests":1.5',
      'trials[0].load.requests: expected a whole number, found 1.5 (and 3 more)',
    ],
    ['"requests":2000,', '', 'trials[0].load.requests: expected a number, found nothing (and 3 more)'],
    ['"readyMs":80', '"readyMs":-1', 'trials[0].startup.readyMs: expected 0 or more, found -1 (and 3 more)'],
    [
      '"readyMs":80',
      '"readyMs":1e999',
      'trials[0].startup.readyMs: expected a number, found Infinity (and 3 more)',
    ],
    ['"mode":"closed"', '"mode":"open"', 'trials[0].load.mode: expected "closed", found "open" (and 3 more)'],
    ['"round":1', '"round":0', 'trials[0].round: expected more than 0, found 0 (and 1 more)'],
    ['"order":1', '"place":1,"order":1', 'trials[0]: unknown field "place" (and 3 more)'],
  ])('puts %s changed to %s in one line', (good, bad, line) => {
    expect(problem(text.replaceAll(good, bad))).toBe(`run.json: ${line}`);
  });

  test.each([
    ['"seed":7', '"seed":null', 'seed: expected a number, found null'],
    ['"trials":[', '"trials":7,"rest":[', 'trials: expected an array, found 7 (and 1 more)'],
    [
      '"finishedAt":"2026-01-31T12:05:00.000Z"',
      '"finishedAt":"yesterday"',
      'finishedAt: expected a date such as 2026-01-31T12:00:00.000Z, found "yesterday"',
    ],
    [
      '"status":"measured","facts":{}',
      '"status":"fine","facts":{}',
      'environments[1].status: expected "measured" or "unavailable" or "failed", found "fine"',
    ],
    [
      '"facts":{}',
      '"facts":{"memory limit":[1]}',
      'environments[1].facts["memory limit"]: expected a string or a number or true or false, found an array of 1',
    ],
    ['"bytes":1000', '"bytes":{"n":1}', 'artifacts.primes.bytes: expected a number, found an object'],
    [
      'ab'.repeat(32),
      'AB'.repeat(32),
      `artifacts.primes.sha256: expected 64 lower-case hex digits, found "${'AB'.repeat(29)}A…`,
    ],
  ])('names the place of %s changed to %s', (good, bad, line) => {
    expect(problem(text.replace(good, bad))).toBe(`run.json: ${line}`);
  });

  test('names an unknown schema version', () => {
    expect(problem(text.replace('"schema":2', '"schema":3'))).toBe(
      'run.json: has schema version 3, this version of Tare reads 2',
    );
  });

  test('reads version 1, which had other names for control, slices and time series', () => {
    const run = exampleRun();
    const { control, load, ...config } = run.config;
    const warmUp = {
      ...{ workload: 'primes', environment: 'native', instances: 3, besideWarm: true, observedMs: 5000 },
      steadyAfterMs: 900,
    };
    const series = [{ untilMs: 100, level: 1 }];
    const warning = { level: 'warning', message: 'the second copy came out different' } as const;
    const older = {
      ...run,
      schema: 1,
      config: { ...config, twin: 'native:twin', load: { ...load, turnMs: 25 } },
      warmUps: [{ ...warmUp, course: series }],
      trials: run.trials.map((trial) => ({ ...trial, load: { ...trial.load, turns: 40 } })),
      diagnostics: [{ ...warning, code: 'twin-differs' }],
    };
    expect(control).toBeNull();
    expect(parseRunFile(JSON.stringify(older), 'run.json')).toEqual({
      ...run,
      config: { ...config, control: 'native:twin', load: { ...load, sliceMs: 25 } },
      warmUps: [{ ...warmUp, timeSeries: series }],
      trials: run.trials.map((trial) => ({ ...trial, load: { ...trial.load, slices: 40 } })),
      diagnostics: [{ ...warning, code: 'control-differs' }],
    });
    // what is wrong with it is named as in any other file
    expect(problem(JSON.stringify({ ...older, seed: 'seven' }))).toBe(
      'run.json: seed: expected a number, found "seven"',
    );
  });

  test('asks for a schema version that is missing', () => {
    expect(problem(text.replace('"schema":2,', ''))).toBe('run.json: schema: expected 2, found nothing');
  });

  test('knows a truncated file wherever it was cut', () => {
    for (let length = 1; length < text.length; length += 1) {
      expect(problem(text.slice(0, length))).toBe(
        `run.json: ends after ${length} characters in the middle of the JSON: the file is not whole`,
      );
    }
  });

  test.each(['', ' \n'])('knows the empty file %j', (empty) => {
    expect(problem(empty)).toBe('run.json: is empty, expected JSON');
  });

  test('says where something is not JSON, in one line', () => {
    const line = problem('{\n  "schema": 1,\n  "id": nonsense\n}\n');
    expect(line).toMatch(/^run\.json: is not JSON: .*nonsense/);
    expect(line).not.toContain('\n');
  });

  test.each([
    ['[]', 'expected an object, found an array of 0'],
    ['null', 'expected an object, found null'],
    ['"a\\"{["', 'expected an object, found "a\\"{["'],
  ])('refuses %s in place of a run', (other, line) => {
    expect(problem(other)).toBe(`run.json: ${line}`);
  });
});

describe('writeRunFile', () => {
  const nobody = 65534;

  test('writes a run that reads back the same, and makes the folder', async () => {
    using temporary = temporaryFolder();
    const path = join(temporary.folder, 'latest', 'run.json');
    await writeRunFile(path, exampleRun());
    expect(parseRunFile(await readFile(path, 'utf8'), path)).toEqual(exampleRun());
  });

  test('replaces an earlier run and leaves nothing beside it', async () => {
    using temporary = temporaryFolder();
    const path = join(temporary.folder, 'run.json');
    await writeRunFile(path, exampleRun());
    await writeRunFile(path, { ...exampleRun(), seed: 8 });
    expect(parseRunFile(await readFile(path, 'utf8'), path).seed).toBe(8);
    expect(await readdir(temporary.folder)).toEqual(['run.json']);
  });

  test('refuses a run that is invalid and keeps the earlier one', async () => {
    using temporary = temporaryFolder();
    const path = join(temporary.folder, 'run.json');
    await writeFile(path, 'earlier');
    await expect(writeRunFile(path, { ...exampleRun(), seed: NaN })).rejects.toThrow(
      new Error(`${path}: seed: expected a number, found NaN`),
    );
    expect(await readFile(path, 'utf8')).toBe('earlier');
  });

  test('says that a folder is in the place of the file', async () => {
    using temporary = temporaryFolder();
    const path = join(temporary.folder, 'run.json');
    await mkdir(path);
    await expect(writeRunFile(path, exampleRun())).rejects.toThrow(
      `${path}: not written: a folder is in its place`,
    );
    expect(await readdir(temporary.folder)).toEqual(['run.json']);
  });

  test('says that a file is in the place of the folder', async () => {
    using temporary = temporaryFolder();
    await writeFile(join(temporary.folder, 'latest'), '');
    const path = join(temporary.folder, 'latest', 'run.json');
    await expect(writeRunFile(path, exampleRun())).rejects.toThrow(/^[^\n]*: not written: [^\n]*$/);
  });

  test('says that the disk is full, and leaves the earlier run and no half file', async (context) => {
    context.skip(notRoot !== undefined, notRoot);
    using disk = tinyDisk();
    const path = join(disk.folder, 'run.json');
    await writeRunFile(path, exampleRun());
    const trials = Array.from({ length: 100 }, (_, index) => exampleTrial('native', index + 1));
    await expect(writeRunFile(path, { ...exampleRun(), trials })).rejects.toThrow(
      new Error(`${path}: not written: no space left on the device`),
    );
    expect(parseRunFile(await readFile(path, 'utf8'), path)).toEqual(exampleRun());
    expect(await readdir(disk.folder)).toEqual(['run.json']);
  });

  test('says that it may not write there', async (context) => {
    context.skip(notRoot !== undefined, notRoot);
    using temporary = temporaryFolder();
    await chmod(temporary.folder, 0o755);
    const path = join(temporary.folder, 'run.json');
    process.seteuid?.(nobody);
    try {
      await expect(writeRunFile(path, exampleRun())).rejects.toThrow(
        new Error(`${path}: not written: permission denied`),
      );
    } finally {
      process.seteuid?.(0);
    }
    expect(await readdir(temporary.folder)).toEqual([]);
  });
});

describe('a run in which an environment could not be metered', () => {
  const run = exampleRun();
  const parsed = (missing: readonly string[]) => {
    const trials = run.trials.map((trial) => {
      const kept = (figures: object) =>
        Object.fromEntries(
          Object.entries(figures).filter(([key]) => !missing.some((scope) => key.startsWith(scope))),
        );
      const samples = trial.samples.map(kept);
      return {
        ...trial,
        cpu: kept(trial.cpu),
        memory: kept(trial.memory),
        samples,
        notMetered: 'out of sight',
      };
    });
    return parseRunFile(JSON.stringify({ ...run, trials }), 'run.json');
  };

  test.each([[['net']], [['gross']], [['net', 'gross']]])('is read without %s', (missing) => {
    const { trials } = parsed(missing);
    const { cpuNetMsPerRequest, memoryGrossMiB, throughputRps } = summarise(trials).primes?.docker ?? {};
    expect(cpuNetMsPerRequest === undefined).toBe(missing.includes('net'));
    expect(memoryGrossMiB === undefined).toBe(missing.includes('gross'));
    expect(throughputRps).toBeDefined();
    const compared = compare(trials, { baseline: 'native', seed: 1 }).map(({ metric }) => metric);
    expect(compared.includes('memoryNetMiB')).toBe(!missing.includes('net'));
    expect(compared.includes('cpuGrossMsPerRequest')).toBe(!missing.includes('gross'));
  });

  test('takes no NaN for absent', () => {
    const text = JSON.stringify(run).replace('"meanMiB":', '"meanMiB":null,"was":');
    expect(() => parseRunFile(text, 'run.json')).toThrow('meanMiB: expected a number, found null');
  });
});
