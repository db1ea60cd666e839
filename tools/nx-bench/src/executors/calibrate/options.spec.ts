import { readOptions } from '@tare/options';
import { expect, it } from 'vitest';
import { options, partsOf } from './options.ts';

it('has defaults', () => {
  expect(readOptions(options, {})).toEqual({ minutes: 15, seed: 1, outputPath: 'reports', json: false });
  expect(partsOf()).toEqual(['latency', 'cpu', 'memory', 'startup', 'aa', 'ab']);
});

it('makes the parts that are named, in its own order', () => {
  expect(partsOf('ab, cpu')).toEqual(['cpu', 'ab']);
  expect(() => partsOf('ab,gpu')).toThrow(
    '--only=ab,gpu: expected some of latency, cpu, memory, startup, aa, ab',
  );
});
