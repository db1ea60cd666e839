import { readFileSync } from 'node:fs';
import type { RunFile } from '@tare/results';
import { Ajv } from 'ajv';
import { decodeFromCompressedBase64, HistogramLogReader, listTags, type Histogram } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { exportFiles, exportFlag, exportFormatsIn, isExport, type ExportFormat } from './exports.ts';

function exported(run: RunFile, format: ExportFormat): ReadonlyMap<string, string> {
  return new Map(exportFiles(reportModel(run), [format]).map(({ path, text }) => [path, String(text)]));
}

test('the option takes formats by commas and names what it expected', () => {
  expect(exportFormatsIn(exportFlag.parse('hlog, bencher'))).toEqual(['bencher', 'hlog']);
  expect(exportFormatsIn(exportFlag.parse(undefined))).toEqual([]);
  expect(exportFlag.safeParse('bencher,otava').error?.issues.map(({ message }) => message)).toEqual([
    'expected some of bencher, hgrm, hlog, separated by commas; otava is a format of the trend',
  ]);
});

/** As Bencher publishes it: https://bencher.dev/bmf.json; it allows more members, we want none. */
const bencherSchema = {
  $id: 'https://bencher.dev/bmf.json',
  $schema: 'http://json-schema.org/draft-07/schema',
  type: 'object',
  patternProperties: {
    '.+': {
      type: 'object',
      patternProperties: {
        '.+': {
          type: 'object',
          properties: {
            value: { type: 'number' },
            lower_value: { type: 'number' },
            upper_value: { type: 'number' },
          },
          required: ['value'],
          additionalProperties: false,
        },
      },
    },
  },
};

type Benchmarks = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;

function benchmarksOf(run: RunFile): Benchmarks {
  return JSON.parse(exported(run, 'bencher').get('bencher.json') ?? '') as Benchmarks;
}

test('Bencher gets every mean of the run file with its interval, and no other number', () => {
  const run = exampleRun();
  const benchmarks = benchmarksOf(run);
  expect(new Ajv().validate(bencherSchema, benchmarks)).toBe(true);
  const expected = Object.entries(run.summary).flatMap(([workload, environments]) =>
    Object.entries(environments)
      .filter(([environment]) => environment !== run.config.control)
      .map(([environment, metrics]) => {
        const ignored = environment === 'vagrant' ? '-bencher-ignore' : '';
        const measures = Object.entries(metrics).map(([metric, { mean, ci95 }]) => {
          const interval = ci95 === null ? {} : { lower_value: ci95[0], upper_value: ci95[1] };
          return [metric, { value: mean, ...interval }] as const;
        });
        return [`${workload}/${environment}${ignored}`, Object.fromEntries(measures)] as const;
      }),
  );
  expect(benchmarks).toEqual(Object.fromEntries(expected));
  expect(Object.keys(benchmarks)).toContain('primes/docker');
});

test('one round gives Bencher values without intervals', () => {
  const { startupMs } = benchmarksOf(exampleRun(1))['primes/native'] ?? {};
  expect(Object.keys(startupMs ?? {})).toEqual(['value']);
});

test('an environment that failed midway is no benchmark', () => {
  expect(Object.keys(benchmarksOf(failedMidway('docker', 3)))).not.toContain('primes/docker');
});

/** All that two equal histograms have in common. */
function contentOf(histogram: Histogram) {
  const { totalCount, maxValue, minNonZeroValue } = histogram;
  return { totalCount, maxValue, minNonZeroValue, percentiles: histogram.outputPercentileDistribution(20) };
}

test('a reader of HdrHistogram finds the histogram of every trial in the log, with its tag, begin and length', () => {
  const run = exampleRun(3);
  const log = exported(run, 'hlog').get('latencies.hlog') ?? '';
  const trials = run.trials
    .filter(({ environment }) => environment !== run.config.control)
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const reader = new HistogramLogReader(log);
  const read = trials.map(() => {
    const interval = reader.nextIntervalHistogram();
    if (interval === null) throw new Error('the log ends too early');
    const { tag, startTimeStampMsec, endTimeStampMsec } = interval;
    return {
      tag,
      startTimeStampMsec,
      lengthMs: Math.round(endTimeStampMsec - startTimeStampMsec),
      ...contentOf(interval),
    };
  });
  expect(reader.nextIntervalHistogram()).toBeNull();
  expect(read).toEqual(
    trials.map(({ workload, environment, startedAt, load, open }) => ({
      tag: `${workload}/${environment}`,
      startTimeStampMsec: Date.parse(startedAt),
      lengthMs: (open ?? load).durationMs,
      ...contentOf(decodeFromCompressedBase64((open ?? load).histogram)),
    })),
  );
  expect(listTags(log)).toHaveLength(8);
  expect(log).toContain(`#[StartTime: ${Date.parse(run.startedAt) / 1000}.000 (seconds since epoch)`);
});

test('the fields of a log line are parted by commas and blanks, so a tag has none', () => {
  const run = exampleRun(1);
  const trials = run.trials.map((trial) => ({ ...trial, workload: `${trial.workload}, a b` }));
  const summary = Object.fromEntries(
    Object.entries(run.summary).map(([name, environments]) => [`${name}, a b`, environments]),
  );
  const log = exported({ ...run, trials, summary }, 'hlog').get('latencies.hlog') ?? '';
  expect(listTags(log)).toContain('primes_a_b/docker');
});

test('percentiles are those that HdrHistogram for Java prints from the log', () => {
  // java -cp HdrHistogram-2.2.2.jar org.HdrHistogram.HistogramLogProcessor -i latencies.hlog -tag grocery/docker -outputValueUnitRatio 1000
  const java = readFileSync(new URL('../../fixtures/grocery-docker.java.hgrm', import.meta.url), 'utf8');
  const files = exported(exampleRun(3), 'hgrm');
  // where the data are from, and how much room a library takes for them
  const figures = (text: string) =>
    text.split('\n').filter((line) => !/^#\[(Overall|Start|Buckets)/.test(line));
  expect(figures(files.get('latencies/grocery-docker.hgrm') ?? '')).toEqual(figures(java));
  expect(files.size).toBe(8);
  expect([...files.keys()].every(isExport)).toBe(true);
});

test('rounds without an open loop have no latencies to export', () => {
  const run = exampleRun(3);
  const trials = run.trials.map((trial) =>
    trial.round === 1 ? trial : { ...trial, open: null, openLeftOut: true as const },
  );
  const lines = (of: RunFile) => exported(of, 'hlog').get('latencies.hlog')?.match(/^Tag=/gm)?.length;
  expect(lines({ ...run, trials })).toBe(8);
  expect(lines(run)).toBe(24);
});

test('a histogram that cannot be read is named, since the others are not all', () => {
  const run = exampleRun(3);
  const trials = run.trials.map((trial) =>
    trial.round === 2 && trial.environment === 'docker' && trial.open !== null
      ? { ...trial, open: { ...trial.open, histogram: 'AAAA' } }
      : trial,
  );
  expect(() => exported({ ...run, trials }, 'hgrm')).toThrow(
    'Cannot export the latencies of primes in docker: the run file has no histogram for round 2 that can be read.',
  );
});
