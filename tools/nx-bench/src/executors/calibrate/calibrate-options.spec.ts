import { expect, it } from 'vitest';
import { readCalibrateOptions } from './calibrate-options.ts';

it('has defaults', () => {
  const parts = ['latency', 'cpu', 'memory', 'startup', 'aa', 'ab'];
  expect(readCalibrateOptions({})).toEqual({ minutes: 15, parts, seed: 1 });
});

it('reads numbers and parts as the command line gives them', () => {
  const options = { minutes: '2.5', only: 'ab, cpu', seed: '7' };
  expect(readCalibrateOptions(options)).toEqual({ minutes: 2.5, parts: ['cpu', 'ab'], seed: 7 });
});
