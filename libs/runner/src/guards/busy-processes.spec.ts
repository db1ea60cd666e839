import { expect, it } from 'vitest';
import { busiestProcesses } from './busy-processes.ts';

const listed = (pid: number, userTicks: number, systemTicks = 0, startTicks = 5, command = `p${pid}`) => ({
  pid,
  command,
  userTicks,
  systemTicks,
  startTicks,
});

it('gives the busiest first, and at most so many', () => {
  const begin = [listed(1, 0), listed(2, 10, 10), listed(3, 7)];
  const end = [listed(1, 10), listed(2, 50, 70), listed(3, 7)];
  expect(busiestProcesses(begin, end, 1000, [], 3)).toEqual([
    { pid: 2, name: 'p2', cpus: 1 },
    { pid: 1, name: 'p1', cpus: 0.1 },
  ]);
  expect(busiestProcesses(begin, end, 1000, [], 1)).toHaveLength(1);
});

it('leaves out what it is told to', () => {
  expect(busiestProcesses([], [listed(1, 10)], 1000, [1], 3)).toEqual([]);
});

it('knows a new process by its start, even with the pid of an old one', () => {
  const begin = [listed(1, 500)];
  expect(busiestProcesses(begin, [listed(1, 20, 0, 99)], 2000, [], 3)).toEqual([
    { pid: 1, name: 'p1', cpus: 0.1 },
  ]);
});

it('takes line feeds and terminal codes out of names', () => {
  const end = [listed(1, 20, 0, 5, 'a\n\u001b[31mb')];
  expect(busiestProcesses([], end, 1000, [], 3)[0]?.name).toBe('a??[31mb');
});
