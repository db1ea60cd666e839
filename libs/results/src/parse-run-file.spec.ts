import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { parseRunFile } from './parse-run-file.ts';

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
  expect(problem(text.replace('"schema":1', '"schema":2'))).toBe(
    'run.json: has schema version 2, this version of Tare reads 1',
  );
});

test('asks for a schema version that is missing', () => {
  expect(problem(text.replace('"schema":1,', ''))).toBe('run.json: schema: expected 1, found nothing');
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
