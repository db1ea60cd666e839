import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { recordedReply } from '../fixtures/recorded-reply.ts';
import { shellWords, sshArguments } from './ssh.ts';
import { parseSshConfig } from './vagrant-client.ts';

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

test('ssh gets the key of the machine and nothing from the user’s own configuration', () => {
  const args = sshArguments(parseSshConfig(recordedReply('ssh-config')));
  expect(args.slice(0, 2)).toEqual(['-F', 'none']);
  expect(args).toContain('IdentityFile=/home/user/.vagrant.d/insecure_private_key');
  expect(args.slice(-5)).toEqual(['-p', '22', '-l', 'vagrant', '192.168.121.209']);
});
