import { expect, test } from 'vitest';
import { sshArguments } from '../ssh/ssh-arguments.ts';
import { recordedReply } from '../../fixtures/recorded-reply.ts';
import { parseBoxList, parseMachineReadable, parseSshConfig } from './vagrant-output.ts';

const states = (name: string): readonly (string | undefined)[] =>
  parseMachineReadable(recordedReply(name))
    .filter(({ type }) => type === 'state')
    .map(({ target, data }) => `${target}: ${data.join()}`);

test('the state of a machine is read, running or not there', () => {
  expect(states('status-running')).toEqual(['default: running']);
  expect(states('status-not-created')).toEqual(['default: not_created']);
});

test('a line has a time, a target, a type and its data', () => {
  expect(parseMachineReadable(recordedReply('status-running'))[1]).toEqual({
    timestamp: 1795296577,
    target: 'default',
    type: 'provider-name',
    data: ['libvirt'],
  });
});

test('commas and line ends in the data come back', () => {
  const told = parseMachineReadable(recordedReply('status-running')).find(
    ({ type }) => type === 'state-human-long',
  );
  expect(told?.data).toEqual([
    'The Libvirt domain is running. To stop this machine, you can run\n`vagrant halt`. ' +
      'To destroy the machine, you can run `vagrant destroy`.',
  ]);
});

test('what plugins print past the format is left out', () => {
  expect(parseMachineReadable('warning: already initialized constant A\n\n1,,ui,info,hello\r\n')).toEqual([
    { timestamp: 1, target: '', type: 'ui', data: ['info', 'hello'] },
  ]);
});

test('each box has a name, a provider and a version', () => {
  const boxes = parseBoxList(recordedReply('box-list'));
  expect(boxes.map(({ name }) => name)).toEqual([
    'tare/bookworm-7edf6812eb02',
    'tare/bookworm-v1',
    'tare/bookworm-v3proof',
  ]);
  expect(boxes[0]).toEqual({ name: 'tare/bookworm-7edf6812eb02', provider: 'libvirt', version: '0' });
});

test('no box is an empty list', () => {
  expect(parseBoxList('1,,ui,info,There are no installed boxes!\n')).toEqual([]);
});

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
