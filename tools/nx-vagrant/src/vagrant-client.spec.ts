import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requiredKinds } from '@tare/environment';
import { findProgram } from '@tare/metrics';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { hostileText, readOrRefused, tries } from '../../../properties.shared.ts';
import { recordedReply } from '../fixtures/recorded-reply.ts';
import { parseJournal, parseUnitProperties } from './guest/guest-account.ts';
import { parseSamplerReply } from './guest/guest-sampler.ts';
import { consoleFiles, parseDomain } from './libvirt.ts';
import { sshArguments } from './ssh.ts';
import { describeVm, parseVmInfo } from './virtualbox.ts';
import {
  createVagrant,
  explainFailure,
  parseBoxList,
  parseMachineReadable,
  parseSshConfig,
} from './vagrant-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A project whose Vagrantfile leaves a trace when it is read. */
function project(name: string): { readonly root: string; readonly trace: string } {
  const root = join(folder, name);
  const trace = join(root, 'read');
  mkdirSync(root);
  writeFileSync(
    join(root, 'Vagrantfile'),
    `File.write(${JSON.stringify(trace)}, ENV.to_h.to_s)\nVagrant.configure('2') {}\n`,
  );
  return { root, trace };
}

// required, it fails without Vagrant
test.skipIf(findProgram('vagrant') === undefined && !requiredKinds().has('vagrant'))(
  'works in its own folder, whatever the variables around it say',
  { timeout: 60_000 },
  async () => {
    const [own, other] = [project('own'), project('other')];
    const redirecting = {
      VAGRANT_CWD: other.root,
      VAGRANT_VAGRANTFILE: join(other.root, 'Vagrantfile'),
      VAGRANT_DOTFILE_PATH: join(other.root, '.vagrant'),
      BUNDLE_GEMFILE: join(other.root, 'Gemfile'),
      RUBYOPT: '-rtare-no-such-file',
      TARE_RUN: 'of-somebody-else',
      TARE_ARTIFACTS: 'x=/other',
    };
    const before = { ...process.env };
    Object.assign(process.env, redirecting);
    try {
      const vagrant = createVagrant({ folder: own.root, variables: { TARE_BOX: 'a-box' } });
      await expect(vagrant.status({ signal: AbortSignal.timeout(50_000) })).resolves.toBe('not_created');
    } finally {
      for (const name of Object.keys(redirecting)) delete process.env[name];
      Object.assign(process.env, before);
    }
    expect([existsSync(own.trace), existsSync(join(own.root, '.vagrant'))]).toEqual([true, true]);
    expect([existsSync(other.trace), existsSync(join(other.root, '.vagrant'))]).toEqual([false, false]);
    const seen = readFileSync(own.trace, 'utf8');
    expect(seen).toContain('"TARE_BOX"=>"a-box"');
    expect(seen).not.toMatch(/of-somebody-else|TARE_ARTIFACTS|BUNDLE_GEMFILE.*other/);
  },
);

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
  const found = parseMachineReadable(recordedReply('status-running')).find(
    ({ type }) => type === 'state-human-long',
  );
  expect(found?.data).toEqual([
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

test('an answer without an address is refused', () => {
  expect(() => parseSshConfig('Host default\n  User vagrant\n')).toThrow('gave no HostName, Port or User');
});

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
])('%s is explained in one line', (name, pattern) => {
  const line = explainFailure(['up'], { code: 1, said: recordedReply(name) });
  expect(line).toMatch(pattern);
  expect(line).not.toContain('\n');
});

test.each([
  ['box-add-no-file', "the box cannot be downloaded (Couldn't open file /tmp/nothing.box)"],
  ['box-add-offline', 'box "bento/debian-12" is not on this host and cannot be downloaded'],
])('%s says why', (name, text) => {
  expect(explainFailure(['box', 'add'], { code: 1, said: recordedReply(name) })).toContain(text);
});

test('an unknown failure is explained by its last lines', () => {
  const said = 'one\nThe guest is on fire.\n';
  expect(explainFailure(['halt', '-f'], { code: 1, said })).toBe(
    'vagrant halt -f failed with 1: one | The guest is on fire.',
  );
});

test('whatever vagrant, virsh and VBoxManage say is read or refused in one line, and in no time', () => {
  const replies = ['status-running', 'box-list', 'ssh-config', 'ssh-config-virtualbox', 'up-without-box', 'showvminfo-running'].map(recordedReply); // prettier-ignore
  const spoiltReply = fc
    .tuple(fc.constantFrom(...replies, `<domain type='kvm'><name>a</name><title>tare run a by b</title></domain>`), fc.nat(), hostileText, fc.nat(30))
    .map(([reply, at, text, cut]) => reply.slice(0, at % reply.length) + text + reply.slice((at % reply.length) + cut)); // prettier-ignore
  const long = fc
    .tuple(
      fc.constantFrom(' ', ',', '\n', ' \r', '"', '\\', 'a', 'a ', '<a', '\n a', "box '"),
      fc.nat(20_000),
    )
    .map(([text, times]) => ` a ${text.repeat(times)}`);
  const startedAt = performance.now();
  fc.assert(
    fc.property(fc.oneof(spoiltReply, hostileText, long), (text) => {
      for (const { type, data } of parseMachineReadable(text))
        expect([typeof type, Array.isArray(data)]).toEqual(['string', true]);
      for (const { name, provider } of parseBoxList(text)) expect(typeof (name + provider)).toBe('string');
      const ssh = readOrRefused(() => parseSshConfig(text));
      if ('refused' in ssh)
        expect(ssh.refused).toMatch(/^vagrant ssh-config gave no HostName, Port or User: [^\n\r]*$/);
      else expect(sshArguments(ssh.read).slice(-1)[0]).toMatch(/^\w/);
      expect(explainFailure(['up'], { code: 1, said: text })).toMatch(/^vagrant up/);
      expect(Number.isNaN(parseDomain(text).vcpus)).toBe(false);
      expect(describeVm(parseVmInfo(text), text).runId ?? 'a').toMatch(/^[\w-]+$/);
      for (const path of consoleFiles(text)) expect(path).not.toMatch(/^\/dev\//);
      expect(parseUnitProperties(text).length).toBeGreaterThan(0);
      for (const read of [() => parseJournal(text), () => parseSamplerReply(text)])
        readOrRefused<unknown>(read);
    }),
    tries(),
  );
  expect(performance.now() - startedAt).toBeLessThan(tries(20).numRuns * 500);
});
