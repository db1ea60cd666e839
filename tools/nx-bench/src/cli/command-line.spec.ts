import { optionTable, text, toggle, whole } from '@tare/options';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readArguments, runCommand, type Commands } from './command-line.ts';

const table = optionTable(
  { title: 'Try', description: 'Tries it.' },
  {
    rounds: whole({ min: 1, max: 9, description: 'Rounds.' }).default(3),
    outputPath: text({ description: 'Where to.' }),
    watch: toggle({ description: 'Watch it.' }).default(true),
    again: z.union([toggle({ description: 'Again.' }), text({ description: 'Which.' })]).optional(),
  },
);

let written = '';
beforeEach(() => {
  written = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written += String(chunk);
      return true;
    });
});
afterEach(() => vi.restoreAllMocks());

const commands: Commands = {
  try: {
    summary: 'try it',
    table,
    run: (options, folder) => {
      if (options.rounds === '9') throw new Error('too many');
      written += JSON.stringify({ options, folder });
      return Promise.resolve(2);
    },
  },
};

it('reads options as people write them', () => {
  expect(readArguments(['--rounds=2', '--output-path', 'out', '--no-watch'], table)).toEqual({
    rounds: '2',
    outputPath: 'out',
    watch: 'false',
  });
  expect(readArguments(['--watch', '--outputPath=a=b'], table)).toEqual({ watch: 'true', outputPath: 'a=b' });
  expect(readArguments(['--watch=false'], table)).toEqual({ watch: 'false' });
  expect(readArguments(['--again', '--watch'], table)).toEqual({ again: 'true', watch: 'true' });
  expect(readArguments(['--again'], table)).toEqual({ again: 'true' });
  expect(readArguments(['--again', 'a'], table)).toEqual({ again: 'a' });
});

it.each([
  [['--rouds=2'], '--rouds: unknown option, expected one of rounds, outputPath, watch, again'],
  [['much'], 'much: expected an option, --name=value'],
  [['--rounds'], '--rounds: expected a value: 1 to 9, whole'],
  [['--no-rounds'], '--no-rounds: --rounds is no switch'],
])('refuses %j in one line', (args, message) => {
  expect(() => readArguments(args, table)).toThrow(message);
});

it('ends with the exit code of the command', async () => {
  expect(await runCommand(['try', '--rounds=2'], commands, '/folder')).toBe(2);
  expect(written).toBe('{"options":{"rounds":"2"},"folder":"/folder"}');
});

it('ends with 1 and a line when the command throws, with 2 when it cannot be read', async () => {
  expect(await runCommand(['try', '--rounds=9'], commands, '/')).toBe(1);
  expect(await runCommand(['tri'], commands, '/')).toBe(2);
  expect(await runCommand(['try', '--x'], commands, '/')).toBe(2);
  expect(written.split('\n')).toEqual([
    'too many',
    'tare tri: unknown command, expected one of try; tare --help',
    'tare try: --x: unknown option, expected one of rounds, outputPath, watch, again; tare try --help',
    '',
  ]);
});

it('ends with 128 and the number of the signal that ended it', async () => {
  const interrupted: Commands = {
    wait: {
      summary: 'wait',
      table,
      run: () => {
        process.emit('SIGINT', 'SIGINT');
        return Promise.resolve(1);
      },
    },
  };
  expect(await runCommand(['wait'], interrupted, '/')).toBe(130);
});

it('shows its commands, and the options of each', async () => {
  expect(await runCommand([], commands, '/')).toBe(0);
  expect(written).toContain('  try  try it\n');
  written = '';
  expect(await runCommand(['try', '--help'], commands, '/')).toBe(0);
  expect(written).toContain(
    'Tries it.\n\n  --rounds\n      Rounds.\n      1 to 9, whole; by default 3\n  --outputPath',
  );
});
