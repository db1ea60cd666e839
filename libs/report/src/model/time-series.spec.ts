import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { cpuSeries, memorySeries } from './time-series.ts';

const [trial] = exampleRun(1).trials;

/** Half a CPU net, a whole one gross; memory that grows by 1 MiB in each 100 ms. */
function trialOf(lastMs: number) {
  if (trial === undefined) throw new Error('the example has no trial');
  const samples = Array.from({ length: lastMs / 100 + 1 }, (_, index) => ({
    atMs: index * 100,
    netCpuMs: index * 50,
    grossCpuMs: index * 100,
    netMiB: 20 + index,
    grossMiB: 30 + index,
  }));
  return { ...trial, samples };
}

test('CPU is the slope of the CPU time, in percent of one CPU', () => {
  const series = cpuSeries([trialOf(2400)]);
  expect(series?.meanNet.map(Math.round)).toEqual(Array.from({ length: 24 }, () => 50));
  expect(series?.meanGross.map(Math.round)).toEqual(Array.from({ length: 24 }, () => 100));
});

test('of a sliced window, the time under load counts', () => {
  const sliced = trialOf(2400);
  const series = cpuSeries([{ ...sliced, load: { ...sliced.load, slices: 40, durationMs: 1200 } }]);
  expect(series?.meanNet.map(Math.round)).toEqual(Array.from({ length: 24 }, () => 100));
  expect(series?.atMs.at(-1)).toBe(1175);
});

test('memory is interpolated between the samples, up to the end of the shortest trial', () => {
  const series = memorySeries([trialOf(2400), trialOf(1200)]);
  expect(series?.atMs.at(-1)).toBe(1200);
  expect(series?.meanNet[0]).toBe(20);
  expect(series?.meanNet.at(-1)).toBe(32);
  expect(series?.trials).toHaveLength(2);
});

test('without samples there is no series', () => {
  expect(memorySeries([])).toBeNull();
  expect(cpuSeries([{ ...trialOf(1200), samples: [] }])).toBeNull();
});

test('a series has what was metered, and there is none of nothing', () => {
  const whole = trialOf(2400);
  const netOnly = whole.samples.map(({ atMs, netCpuMs, netMiB }) => ({ atMs, netCpuMs, netMiB }));
  const net = cpuSeries([{ ...whole, samples: netOnly }]);
  expect([net?.meanNet.length, net?.meanGross, net?.trials]).toEqual([24, [], []]);
  const grossOnly = whole.samples.map(({ atMs, grossCpuMs, grossMiB }) => ({ atMs, grossCpuMs, grossMiB }));
  const gross = memorySeries([{ ...whole, samples: grossOnly }]);
  expect([gross?.meanNet, gross?.meanGross.at(-1)]).toEqual([[], 54]);
  expect(cpuSeries([{ ...whole, samples: whole.samples.map(({ atMs }) => ({ atMs })) }])).toBeNull();
});
