import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { kvmObstacle } from './kvm.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const device = join(folder, 'kvm');
const cpu = (flags: string) =>
  write('cpuinfo', `processor\t: 0\nflags\t\t: fpu ${flags} sse2\nbugs\t\t: svm\n`);

test('a device that opens is no obstacle', () => {
  expect(kvmObstacle({ device: write('opens', '') })).toBeUndefined();
});

test.skipIf(process.arch !== 'x64')(
  'a processor without virtualization is told from a module that is not loaded',
  () => {
    expect(kvmObstacle({ device, cpuinfo: cpu('lm') })?.reason).toBe(
      'no KVM: the processor shows neither vmx nor svm',
    );
    for (const [flag, module] of [
      ['vmx', 'kvm_intel'],
      ['svm', 'kvm_amd'],
    ] as const) {
      const found = kvmObstacle({ device, cpuinfo: cpu(flag) });
      expect(found?.reason).toBe(`no KVM: there is no ${device}, though the processor could`);
      expect(found?.remedy).toContain(`modprobe ${module};`);
    }
  },
);

// root may open everything
test.skipIf(process.getuid?.() === 0)('a device of others is a matter of rights', () => {
  const closed = write('closed', '');
  chmodSync(closed, 0);
  const found = kvmObstacle({ device: closed });
  expect(found?.reason).toBe(`no KVM: this user may not open ${closed}`);
  expect(found?.remedy).toContain('usermod -aG kvm');
});
