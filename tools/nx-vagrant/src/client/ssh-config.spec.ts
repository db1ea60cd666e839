import { expect, test } from 'vitest';
import { sshArguments } from '../ssh/ssh-arguments.ts';
import { recordedReply } from './recorded-reply.ts';
import { parseSshConfig } from './ssh-config.ts';

test('the address, the port and the user are read, and the rest is kept', () => {
  expect(parseSshConfig(recordedReply('ssh-config'))).toMatchObject({
    hostName: '192.168.121.209',
    port: 22,
    user: 'vagrant',
    options: { IdentityFile: '/home/user/.vagrant.d/insecure_private_key', IdentitiesOnly: 'yes' },
  });
});

test('ssh gets the key of the machine and nothing from the user’s own configuration', () => {
  const args = sshArguments(parseSshConfig(recordedReply('ssh-config')));
  expect(args.slice(0, 2)).toEqual(['-F', 'none']);
  expect(args).toContain('IdentityFile=/home/user/.vagrant.d/insecure_private_key');
  expect(args.slice(-5)).toEqual(['-p', '22', '-l', 'vagrant', '192.168.121.209']);
});

test('an answer without an address is refused', () => {
  expect(() => parseSshConfig('Host default\n  User vagrant\n')).toThrow('gave no HostName, Port or User');
});
