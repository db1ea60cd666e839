import { expect, it } from 'vitest';
import { endingWords } from './guest-service.ts';

it('a service that ran out of memory is said to have', () => {
  const killed = new Map([
    ['Result', 'oom-kill'],
    ['ExecMainCode', '2'],
    ['ExecMainStatus', '9'],
  ]);
  expect(endingWords(killed)).toBe('was ended: out of memory');
});

it('an exit code and a signal are told apart', () => {
  expect(
    endingWords(
      new Map([
        ['ExecMainCode', '1'],
        ['ExecMainStatus', '7'],
      ]),
    ),
  ).toBe('ended with exit code 7');
  expect(
    endingWords(
      new Map([
        ['ExecMainCode', '2'],
        ['ExecMainStatus', '11'],
      ]),
    ),
  ).toBe('was ended by signal 11');
});
