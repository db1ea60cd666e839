import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requiredKinds } from '@tare/environment';
import { findProgram } from '@tare/metrics';
import { afterAll, expect, test } from 'vitest';
import { libvirtPluginVersion, probeVagrant } from './probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const signal = AbortSignal.timeout(20_000);
// required, what needs Vagrant fails without it
const isRequired = requiredKinds().has('vagrant');
const noVagrant = findProgram('vagrant') === undefined && !isRequired;

test('a host without Vagrant gets the reason and a remedy', async () => {
  const found = await probeVagrant(signal, { PATH: folder });
  expect(found).toMatchObject({ usable: false, reason: 'no vagrant on the PATH' });
  expect(found.usable ? '' : found.remedy).toMatch(/setup-debian\.sh|Install Vagrant/);
});

test.skipIf(noVagrant)('a host with Vagrant alone gets the list of missing providers', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of ['vagrant', 'ruby', 'env']) {
    const path = findProgram(program);
    if (path !== undefined) symlinkSync(path, join(bin, program));
  }
  const found = await probeVagrant(signal, { PATH: bin, HOME: folder });
  expect(found.usable ? '' : found.reason).toMatch(
    /^no provider for Vagrant: .+, and VirtualBox is not installed$/,
  );
});

test.skipIf(noVagrant || (libvirtPluginVersion() === undefined && !isRequired))(
  'a libvirtd that does not answer is reported with its socket and the error',
  async () => {
    const socket = join(folder, 'libvirt-sock');
    const uri = `qemu+unix:///system?socket=${socket}`;
    const found = await probeVagrant(signal, process.env, uri);
    expect(found.usable ? '' : found.reason).toContain(
      `libvirtd does not answer (${socket}: No such file or directory)`,
    );
  },
);
