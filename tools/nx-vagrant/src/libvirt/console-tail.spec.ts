import { expect, test } from 'vitest';
import { consoleFiles, consoleTail } from './console-tail.ts';

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

test('the console of a domain that is not there is told as such', async () => {
  expect(await consoleTail('tare-no-such-domain')).toMatch(/^the console cannot be read: /);
});
