import { expect, it } from 'vitest';
import { findCgroupFolders, openCgroup, parseThrottledNs, type Cgroup } from './cgroup.ts';

const v1Mounts = `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory`;
const v2Mount = '38 31 0:35 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw';

it('finds the accounts in version 1', () => {
  const text = '9:name=systemd:/\n4:memory:/docker/abc\n2:cpuacct:/docker/abc\n1:cpu:/docker/abc\n';
  expect(findCgroupFolders(text, v1Mounts)).toEqual({
    cpu: { version: 1, folder: '/sys/fs/cgroup/cpuacct/docker/abc' },
    memory: { version: 1, folder: '/sys/fs/cgroup/memory/docker/abc' },
  });
});

it('finds joined controllers in version 1', () => {
  const mounts = '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n' + v1Mounts;
  const { cpu } = findCgroupFolders('2:cpu,cpuacct:/app.slice\n3:memory:/app.slice', mounts);
  expect(cpu.folder).toBe('/sys/fs/cgroup/cpu,cpuacct/app.slice');
});

it('finds the accounts in version 2', () => {
  const folder = '/sys/fs/cgroup/system.slice/docker-abc.scope';
  expect(findCgroupFolders('0::/system.slice/docker-abc.scope\n', v2Mount)).toEqual({
    cpu: { version: 2, folder },
    memory: { version: 2, folder },
  });
});

it('prefers version 1 where both are mounted', () => {
  const text = '4:memory:/docker/abc\n2:cpuacct:/docker/abc\n0::/docker/abc\n';
  const { cpu, memory } = findCgroupFolders(text, `${v2Mount}\n${v1Mounts}`);
  expect([cpu.version, memory.version]).toEqual([1, 1]);
});

it('takes off the root of a mount that shows only a part of the hierarchy', () => {
  const mount = '38 31 0:35 /outer/box /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw';
  expect(findCgroupFolders('0::/outer/box/inner', mount).cpu.folder).toBe('/sys/fs/cgroup/inner');
});

it('says which account is missing when no hierarchy is mounted', () => {
  expect(() => findCgroupFolders('0::/', 'nothing')).toThrow(
    'no mounted cgroup hierarchy holds the cpuacct account',
  );
});

it.skipIf(process.platform !== 'linux')('reads the accounts of this process', ({ skip }) => {
  const cgroup = openOwnCgroup();
  // the root group of version 2 has no account of its own
  if (cgroup instanceof Error) return skip(`no cgroup account of this process: ${cgroup.message}`);
  const before = cgroup.cpuNs();
  const until = performance.now() + 60;
  while (performance.now() < until);
  expect(cgroup.cpuNs() - before).toBeGreaterThan(30_000_000n);
  expect(cgroup.memoryBytes()).toBeGreaterThan(1 << 20);
  expect(cgroup.pids()).toContain(process.pid);
  cgroup.close();
});

function openOwnCgroup(): Cgroup | Error {
  try {
    return openCgroup(process.pid);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

it('reads the time of throttling in either version, and none where there is no quota', () => {
  expect(parseThrottledNs('nr_periods 7\nnr_throttled 2\nthrottled_time 1500\n')).toBe(1500n);
  expect(parseThrottledNs('usage_usec 9\nnr_throttled 2\nthrottled_usec 15\n')).toBe(15_000n);
  expect(parseThrottledNs('usage_usec 9\nuser_usec 5\n')).toBeUndefined();
});
