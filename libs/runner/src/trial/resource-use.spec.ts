import { expect, it } from 'vitest';
import { resourceUse, trialSamples } from './resource-use.ts';

const reading = (atMs: number, cpuMs: number, memoryMiB: number) => ({
  atNs: BigInt(atMs) * 1_000_000n,
  cpuNs: BigInt(cpuMs) * 1_000_000n,
  memoryBytes: memoryMiB * 1024 * 1024,
});

it('takes CPU from the first and the last reading', () => {
  const use = resourceUse([reading(1000, 50, 10), reading(1500, 450, 30), reading(3000, 1050, 20)], 200);
  expect(use.cpu).toEqual({ percent: 50, msPerRequest: 2.5 });
  expect(use.memory).toEqual({ meanMiB: 20, peakMiB: 30 });
});

it('leaves out what an instance burns by itself while others have their slices', () => {
  // a second under load in three, in which it burns a tenth of a CPU by itself all the time
  const readings = [reading(1000, 100, 1), reading(4000, 1300, 1)];
  const idle = [reading(200, 30, 1), reading(700, 80, 1)];
  expect(resourceUse(readings, 400, { loadedMs: 1000, idle }).cpu).toEqual({
    percent: 100,
    msPerRequest: 2.5,
  });
  // without an idle time nothing is known to be left out
  expect(resourceUse(readings, 400, { loadedMs: 1000, idle: [] }).cpu.percent).toBe(120);
});

it('has no CPU per request without a request', () => {
  expect(resourceUse([reading(0, 0, 1), reading(10, 5, 1)], 0).cpu.msPerRequest).toBeNull();
});

it('refuses a window with a single reading', () => {
  expect(() => resourceUse([reading(0, 0, 1)], 1)).toThrow(
    'a window needs a meter reading at its begin and at its end',
  );
});

it('counts samples from the begin of the window', () => {
  const pair = (atMs: number, cpuMs: number) => ({
    net: reading(atMs, cpuMs, 1),
    gross: reading(atMs, cpuMs * 2, 2),
  });
  expect(trialSamples([pair(100, 10), pair(200, 60)])[1]).toEqual({
    atMs: 100,
    netCpuMs: 50,
    grossCpuMs: 100,
    netMiB: 1,
    grossMiB: 2,
  });
});
