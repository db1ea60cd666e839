import { expect, test } from 'vitest';
import { explainFailure } from './explain-failure.ts';
import { recordedReply } from '../../fixtures/recorded-reply.ts';

test.each([
  [
    'up-without-box',
    /^vagrant up: box "tare\/none" is not on this host and cannot be downloaded \(Could not resolve host: vagrantcloud\.com\); /,
  ],
  [
    'up-without-libvirtd',
    /^vagrant up: libvirt cannot be reached \(Failed to connect socket to '\/nowhere\/libvirt-sock': No such file or directory\); /,
  ],
  ['up-without-provider', /^vagrant up: Vagrant has no provider nothing; install it: /],
  ['up-broken-by-kvm', /^vagrant up: Call to virDomainCreateWithFlags failed: .*failed to set MSR 0x10a/],
])('%s is told in one line', (name, line) => {
  const told = explainFailure(['up'], { code: 1, said: recordedReply(name) });
  expect(told).toMatch(line);
  expect(told).not.toContain('\n');
});

test.each([
  ['box-add-no-file', "the box cannot be downloaded (Couldn't open file /tmp/nothing.box)"],
  ['box-add-offline', 'box "bento/debian-12" is not on this host and cannot be downloaded'],
])('%s says why', (name, text) => {
  expect(explainFailure(['box', 'add'], { code: 1, said: recordedReply(name) })).toContain(text);
});

test('an unknown failure is told with its last lines', () => {
  const said = 'one\nThe guest is on fire.\n';
  expect(explainFailure(['halt', '-f'], { code: 1, said })).toBe(
    'vagrant halt -f failed with 1: one | The guest is on fire.',
  );
});
