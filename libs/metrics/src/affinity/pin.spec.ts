import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { allowedCpus, parseCpuList, pinned, planCpus } from './pin.ts';
import { findProgram } from '../program/run-program.ts';

it('reads lists of CPUs as the kernel writes them', () => {
  expect(parseCpuList('0-2,5\n')).toEqual([0, 1, 2, 5]);
  expect(parseCpuList('7')).toEqual([7]);
});

it('refuses other text as a list of CPUs', () => {
  expect(() => parseCpuList('all')).toThrow('not a list of CPUs: "all", expected a form like 0-2,5');
});

it.skipIf(findProgram('taskset') === undefined)('keeps server and generator apart', () => {
  expect(planCpus(1, [0, 1, 2])).toEqual({ server: [0], generator: [1, 2] });
});

it('pins nothing where there are not enough CPUs for both', () => {
  expect(planCpus(1, [3])).toBeUndefined();
  expect(planCpus(2, [0, 1])).toBeUndefined();
});

it.skipIf(findProgram('taskset') === undefined)('starts a command on the given CPU', () => {
  const cpu = allowedCpus()?.at(-1) ?? 0;
  const command = pinned({ file: 'grep', arguments: ['Cpus_allowed_list', '/proc/self/status'] }, [cpu]);
  expect(spawnSync(command.file, command.arguments, { encoding: 'utf8' }).stdout).toMatch(
    new RegExp(`\\s${cpu}\n$`),
  );
});
