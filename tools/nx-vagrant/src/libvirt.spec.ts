import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import {
  consoleFiles,
  consoleTail,
  domainPid,
  parseDomain,
  runsDomain,
  sinceItsStart,
  tailOf,
} from './libvirt.ts';

// recorded from libvirt 9.0, shortened
const xml = `<domain type='qemu' id='3'>
  <name>tare_f2af6c09_default</name>
  <uuid>eabb040a-1d48-4350-9e59-f848138d9b67</uuid>
  <title>tare run 20261121-210600-0a1b2c by 1a2b3c4d.4026531836.0.17.4711</title>
  <description>Source: /somewhere/Vagrantfile</description>
  <memory unit='KiB'>2097152</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu placement='static'>2</vcpu>
</domain>`;

it('reads what a domain is and which run made it', () => {
  expect(parseDomain(xml)).toEqual({
    name: 'tare_f2af6c09_default',
    accelerator: 'tcg',
    vcpus: 2,
    memoryMiB: 2048,
    runId: '20261121-210600-0a1b2c',
    runner: '1a2b3c4d.4026531836.0.17.4711',
  });
});

it('a domain that a user made belongs to no run', () => {
  const own = parseDomain(xml.replace(/<title>.*<\/title>/, '').replace("type='qemu'", "type='kvm'"));
  expect(own.runId).toBeUndefined();
  expect(own.accelerator).toBe('kvm');
});

const uuid = '2f1f4a4e-6a5b-4b7e-9a51-3a4b8f1f2c11';
const qemu = [
  '/usr/bin/qemu-system-x86_64',
  '-name',
  'guest=tare_0123abcd_default,debug-threads=on',
  '-S',
  '-uuid',
  uuid,
  '',
];

test('a domain is known by its name and by its UUID', () => {
  expect(runsDomain(qemu, 'tare_0123abcd_default')).toBe(true);
  expect(runsDomain(qemu, uuid)).toBe(true);
});

test('a domain whose name begins alike is another one', () => {
  expect(runsDomain(qemu, 'tare_0123abcd')).toBe(false);
});

test('a program that names the domain is not the hypervisor', () => {
  expect(runsDomain(['virsh', 'start', 'tare_0123abcd_default'], 'tare_0123abcd_default')).toBe(false);
});

test('a domain that does not run has no pid', () => {
  expect(domainPid('tare-no-such-domain')).toBeUndefined();
});

const description = `<domain type='qemu'>
  <name>tare_0123abcd_default</name>
  <devices>
    <disk type='file'><source file='/var/lib/libvirt/images/disk.img'/></disk>
    <serial type='file'>
      <source path='/var/log/libvirt/qemu/tare_0123abcd_default-console.log'/>
      <target type='isa-serial' port='0'/>
    </serial>
    <console type='file'>
      <source path='/var/log/libvirt/qemu/tare_0123abcd_default-console.log'/>
      <target type='serial' port='0'/>
    </console>
  </devices>
</domain>`;

test('the file of the console is read out of a domain’s description once', () => {
  expect(consoleFiles(description)).toEqual(['/var/log/libvirt/qemu/tare_0123abcd_default-console.log']);
});

test('a console that is a terminal has no file', () => {
  expect(consoleFiles("<serial type='pty'><source path='/dev/pts/3'/><target port='0'/></serial>")).toEqual(
    [],
  );
});

test('the console of a missing domain gives the reason', async () => {
  expect(await consoleTail('tare-no-such-domain')).toMatch(/^the console cannot be read: /);
});

test('of QEMU’s log is shown what it has said since its last start, without its variables and arguments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  const log = join(folder, 'log');
  const start = ['2026-11-30: starting up libvirt version: 9.0.0', 'LC_ALL=C \\', '-name guest=a \\', '-msg timestamp=on'];
  const tainted = 'Domain id=2 is tainted: high-privileges';
  writeFileSync(log, [...start, 'shutting down, reason=destroyed', ...start, tainted, 'shutting down, reason=crashed', ''].join('\n'));
  expect(tailOf(log, 10, sinceItsStart)).toBe('shutting down, reason=crashed');
  rmSync(folder, { recursive: true });
}); // prettier-ignore
