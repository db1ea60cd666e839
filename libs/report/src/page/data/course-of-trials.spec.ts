import { expect, test } from 'vitest';
import { exampleRun } from '../../../fixtures/example-run.ts';
import { cpuCourse, memoryCourse } from './course-of-trials.ts';

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
  const course = cpuCourse([trialOf(2400)]);
  expect(course?.meanNet.map(Math.round)).toEqual(Array.from({ length: 24 }, () => 50));
  expect(course?.meanGross.map(Math.round)).toEqual(Array.from({ length: 24 }, () => 100));
});

test('of a window in turns, the time under load counts', () => {
  const inTurns = trialOf(2400);
  const course = cpuCourse([{ ...inTurns, load: { ...inTurns.load, turns: 40, durationMs: 1200 } }]);
  expect(course?.meanNet.map(Math.round)).toEqual(Array.from({ length: 24 }, () => 100));
  expect(course?.atMs.at(-1)).toBe(1175);
});

test('memory is interpolated between the samples, up to the end of the shortest trial', () => {
  const course = memoryCourse([trialOf(2400), trialOf(1200)]);
  expect(course?.atMs.at(-1)).toBe(1200);
  expect(course?.meanNet[0]).toBe(20);
  expect(course?.meanNet.at(-1)).toBe(32);
  expect(course?.trials).toHaveLength(2);
});

test('without samples there is no course', () => {
  expect(memoryCourse([])).toBeNull();
  expect(cpuCourse([{ ...trialOf(1200), samples: [] }])).toBeNull();
});
