import { expect, it } from 'vitest';
import { parseDomain } from './domain-description.ts';

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
