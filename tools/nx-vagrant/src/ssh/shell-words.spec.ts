import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWords } from './shell-words.ts';

test('a shell gets back the very arguments', () => {
  const args = [
    'plain',
    'two words',
    "it's",
    '$HOME',
    '`id`',
    '"quoted"',
    '',
    'a\nb',
    '*',
    '~',
    'ö',
    '\\',
    '-n',
    '!x',
  ];
  const echoed = execFileSync('sh', ['-c', `printf '%s\\0' ${shellWords(args)}`], { encoding: 'utf8' });
  expect(echoed.split('\0').slice(0, -1)).toEqual(args);
});

test('what needs no quotes stays readable', () => {
  expect(shellWords(['systemctl', 'start', 'tare@primes', '--property=MainPID'])).toBe(
    'systemctl start tare@primes --property=MainPID',
  );
});
