import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { parseStat } from './process-table.ts';

it('reads a command with spaces and brackets', () => {
  const line = '4711 (my (odd) name) S 12 4700 4700 0 -1 4194560 1 0 0 0 52 5 0 0 20 0 7 0 123456 1 2 3';
  expect(parseStat(line)).toEqual({
    pid: 4711,
    command: 'my (odd) name',
    state: 'S',
    parentPid: 12,
    processGroup: 4700,
    userTicks: 52,
    systemTicks: 5,
    startTicks: 123456,
  });
});

it.skipIf(process.platform !== 'linux')('reads the line of this process', () => {
  const stat = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  expect(stat.pid).toBe(process.pid);
  expect(stat.parentPid).toBe(process.ppid);
});

it('refuses other text', () => {
  expect(() => parseStat('hello')).toThrow('not a line of /proc/PID/stat: "hello"');
});
