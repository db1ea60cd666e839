import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { recordedReply } from '../fixtures/recorded-reply.ts';
import { explainFailure, parseMachineReadable, parseSshConfig } from './vagrant-client.ts';
import { describeVm, isHeadlessOf, parseVmInfo, virtualBox } from './virtualbox.ts';

const id = '7a6fec6f-ace1-4d51-95ea-f3b20eacc5c7';
const signal = AbortSignal.timeout(20_000);
const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('what a machine is comes from its description, whose own lines are not taken for facts', () => {
  const info = parseVmInfo(recordedReply('showvminfo-running'));
  expect(info.get('VMState')).toBe('running');
  expect(info.get('SATA-0-0')).toContain('box-disk001.vmdk');
  expect(info.get('GuestMemoryBalloon')).toBe('0');
  expect([...info.keys()].filter((name) => /CentOS|yum/.test(name))).toEqual([]);
  expect(describeVm(info, 'No value set!\n')).toEqual({
    name: 'checkout_default_1550612196654_90183',
    accelerator: 'hardware',
    vcpus: 4,
    memoryMiB: 4096,
    runId: undefined,
    runner: undefined,
  });
});

test('the run that a machine belongs to is in its extra data, or in the description that it was made with', () => {
  const mark = 'tare run 20261121-210600-0a1b2c by 1a2b3c4d.4026531836.0.17.4711';
  const expected = { runId: '20261121-210600-0a1b2c', runner: '1a2b3c4d.4026531836.0.17.4711' };
  expect(describeVm(new Map(), `Value: ${mark}\n`)).toMatchObject(expected);
  expect(describeVm(parseVmInfo(`description="${mark}"\ncpus=2\n`), 'No value set!')).toMatchObject(expected);
});

test('the process of a machine is VirtualBox’s own with its UUID', () => {
  const headless = (uuid: string) => [
    '/usr/lib/virtualbox/VBoxHeadless',
    '--comment',
    'a',
    '--startvm',
    uuid,
    '--vrde',
    'config',
  ];
  expect(isHeadlessOf(headless(id), id)).toBe(true);
  expect(isHeadlessOf(headless('another'), id)).toBe(false);
  expect(isHeadlessOf(['VBoxManage', '--startvm', id], id)).toBe(false);
  expect(isHeadlessOf([], id)).toBe(false);
});

test('what Vagrant says with VirtualBox is read like with libvirt', () => {
  const status = parseMachineReadable(recordedReply('status-virtualbox'));
  expect(status.find(({ type }) => type === 'state')?.data).toEqual(['poweroff']);
  expect(parseSshConfig(recordedReply('ssh-config-virtualbox'))).toMatchObject({
    hostName: '127.0.0.1',
    port: 2222,
    options: { IdentityFile: '/home/user/checkout/.vagrant/machines/default/virtualbox/private_key' },
  });
  const said = recordedReply('up-boot-timeout-virtualbox');
  expect(explainFailure(['up'], { code: 1, said })).toBe('vagrant up: the machine did not boot in time');
});

// answers from what was recorded, and keeps what it was asked
const calls = join(folder, 'calls');
const asked = (): string => readFileSync(calls, 'utf8');
const hypervisor = virtualBox({ PATH: `${folder}:${process.env.PATH}` });
const reply = join(folder, 'reply');
beforeEach(() => {
  writeFileSync(calls, '');
  writeFileSync(reply, recordedReply('showvminfo-running'));
  const program = join(folder, 'VBoxManage');
  const lines = [
    `echo "$*" >> '${calls}'`,
    'case $1 in',
    `  showvminfo) cat '${reply}' ;;`,
    '  getextradata) echo "No value set!" ;;',
    '  controlvm) echo "0%...10%...100%" ;;',
    'esac',
  ];
  writeFileSync(program, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(program, 0o755);
});

test.each([
  ['running', 'running'],
  ['paused', 'paused'],
  ['poweroff', 'off'],
  ['aborted', 'off'],
  ['saved', 'off'],
])('the state "%s" is %s', async (state, expected) => {
  writeFileSync(
    reply,
    recordedReply('showvminfo-running').replace('VMState="running"', `VMState="${state}"`),
  );
  expect(await hypervisor.state(id, signal)).toBe(expected);
});

test('each order is one call of VBoxManage', async () => {
  await hypervisor.pause(id, signal);
  await hypervisor.resume(id, signal);
  await hypervisor.cut(id, signal);
  await hypervisor.mark(id, 'a-run', signal);
  const orders = asked().trim().split('\n');
  expect(orders.slice(0, 3)).toEqual(
    ['pause', 'resume', 'poweroff'].map((word) => `controlvm ${id} ${word}`),
  );
  expect(orders[3]).toMatch(new RegExp(`^setextradata ${id} tare/run tare run a-run by [\\w.]+$`));
  expect(orders).toHaveLength(4);
});

test('a machine that does not run has no process, and its log is said to be empty', async () => {
  expect(hypervisor.pid(id)).toBeUndefined();
  expect(await hypervisor.console(id)).toBe('the log of VirtualBox is empty');
});
