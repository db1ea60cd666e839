import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseHostStat } from './parse-host-stat.ts';

const ms = 1_000_000n;

it('adds up what is busy, and counts guests once', () => {
  // user nice system idle iowait irq softirq steal guest guest_nice
  const text = 'cpu  100 10 50 800 40 1 2 7 90 9\ncpu0 100 10 50 800 40 1 2 7 90 9\nintr 5 0 5\nctxt 9\n';
  const times = { busyNs: 1630n * ms, stealNs: 70n * ms, totalNs: 10_100n * ms };
  expect(parseHostStat(text)).toEqual({ all: times, cpus: new Map([[0, times]]) });
});

it('takes the columns that an old kernel lacks for 0', () => {
  expect(parseHostStat('cpu  5 1 4 90\ncpu0 5 1 4 90\n').all).toEqual({
    busyNs: 100n * ms,
    stealNs: 0n,
    totalNs: 1000n * ms,
  });
});

it('passes over columns that a newer kernel may add', () => {
  const known = 'cpu  1 2 3 4 5 6 7 8 9 10';
  expect(parseHostStat(`${known} 11 12\n`)).toEqual(parseHostStat(`${known}\n`));
});

it('leaves out CPUs that are offline', () => {
  expect([...parseHostStat('cpu  3 0 0 5\ncpu0 1 0 0 2\ncpu3 2 0 0 3\n').cpus.keys()]).toEqual([0, 3]);
});

it.each([
  ['', 'not the text of /proc/stat: ""'],
  ['cpu0 1 2 3 4\n', 'not the text of /proc/stat: "cpu0 1 2 3 4'],
  ['cpu  a b c d\n', 'not the text of /proc/stat: "cpu  a b c d'],
  ['cpu  0 0 0 0 0 0 0 0 0 0\n', '/proc/stat counts no time'],
])('refuses %j', (text, message) => {
  expect(() => parseHostStat(text)).toThrow(message);
});

it.skipIf(process.platform !== 'linux')('reads the text of this host', () => {
  const { all, cpus } = parseHostStat(readFileSync('/proc/stat', 'latin1'));
  expect(cpus.size).toBeGreaterThan(0);
  expect(all.busyNs).toBeGreaterThan(0n);
  expect(all.totalNs).toBeGreaterThanOrEqual(all.busyNs + all.stealNs);
});
