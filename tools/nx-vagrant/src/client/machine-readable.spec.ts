import { expect, test } from 'vitest';
import { parseMachineReadable } from './machine-readable.ts';
import { recordedReply } from './recorded-reply.ts';

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
