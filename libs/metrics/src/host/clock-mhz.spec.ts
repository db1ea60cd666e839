import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readClockMHz } from './clock-mhz.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-clock-'));
  for (const [cpu, text] of [
    ['cpu0', '3000000\n'],
    ['cpu1', '3500000\n'],
    ['cpu2', '<unknown>\n'],
  ] as const) {
    await mkdir(join(folder, cpu, 'cpufreq'), { recursive: true });
    await writeFile(join(folder, cpu, 'cpufreq', 'scaling_cur_freq'), text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('gives the mean of the CPUs asked for', () => {
  expect(readClockMHz([0], folder)).toBe(3000);
  expect(readClockMHz([0, 1], folder)).toBe(3250);
});

it('gives null when a CPU does not tell, is not there, or none is asked for', () => {
  expect(readClockMHz([0, 2], folder)).toBeNull();
  expect(readClockMHz([7], folder)).toBeNull();
  expect(readClockMHz([], folder)).toBeNull();
});
