import { expect, it } from 'vitest';
import { diskUse, resourceUse, trialSamples } from './resource-use.ts';

const reading = (atMs: number, cpuMs: number, memoryMiB: number) => ({
  atNs: BigInt(atMs) * 1_000_000n,
  cpuNs: BigInt(cpuMs) * 1_000_000n,
  memoryBytes: memoryMiB * 1024 * 1024,
});

/** A meter that is net and gross at once, as of a bare process. */
const alone = (...readings: ReturnType<typeof reading>[]) =>
  readings.map((each) => ({ net: each, gross: each }));

it('takes CPU from the first and the last reading', () => {
  const use = resourceUse(alone(reading(1000, 50, 10), reading(1500, 450, 30), reading(3000, 1050, 20)), 200);
  expect(use.cpu.net).toEqual({ percent: 50, msPerRequest: 2.5, kernelMsPerRequest: null });
  expect(use.memory.net).toEqual({ meanMiB: 20, peakMiB: 30 });
  expect(use.cpu.gross).toEqual(use.cpu.net);
});

it('leaves out what an instance burns by itself while others have their slices', () => {
  // a second under load in three, in which it burns a tenth of a CPU by itself all the time
  const readings = alone(reading(1000, 100, 1), reading(4000, 1300, 1));
  const idle = alone(reading(200, 30, 1), reading(700, 80, 1));
  expect(resourceUse(readings, 400, { loadedMs: 1000, idle }).cpu.net).toMatchObject({
    percent: 100,
    msPerRequest: 2.5,
  });
  // without an idle time nothing is known to be left out
  expect(resourceUse(readings, 400, { loadedMs: 1000, idle: [] }).cpu.net?.percent).toBe(120);
});

it('never takes gross for less than net, however the idle times were sampled', () => {
  const readings = [
    { net: reading(1000, 100, 1), gross: reading(1001, 200, 2) },
    { net: reading(4000, 1300, 1), gross: reading(4001, 1410, 2) },
  ];
  // a helper had something to do just in the idle time: 40 ms of 500
  const idle = [
    { net: reading(200, 50, 1), gross: reading(201, 100, 2) },
    { net: reading(700, 50, 1), gross: reading(701, 140, 2) },
  ];
  const { cpu } = resourceUse(readings, 400, { loadedMs: 1000, idle });
  expect(cpu.net?.percent).toBe(120);
  expect(cpu.gross).toEqual(cpu.net);
  // and what it had to do all the time counts: 100 ms in the second under load, besides that of the idle times
  const busy = [...readings.slice(0, 1), { net: reading(4000, 1300, 1), gross: reading(4001, 1660, 2) }];
  expect(resourceUse(busy, 400, { loadedMs: 1000, idle }).cpu.gross?.percent).toBeCloseTo(130, 6);
});

it('tells the time in the kernel apart, without that of an idle instance', () => {
  const withKernel = (atMs: number, cpuMs: number, kernelMs: number) => ({
    ...reading(atMs, cpuMs, 1),
    kernelCpuNs: BigInt(kernelMs) * 1_000_000n,
  });
  const readings = alone(withKernel(1000, 100, 20), withKernel(4000, 1300, 320));
  expect(resourceUse(readings, 400).cpu.net).toEqual({
    percent: 40,
    msPerRequest: 1,
    kernelMsPerRequest: 0.25,
  });
  // a tenth of a CPU while idle, half of it in the kernel, for the two seconds of the others
  const idle = alone(withKernel(200, 30, 5), withKernel(700, 80, 30));
  expect(resourceUse(readings, 400, { loadedMs: 1000, idle }).cpu.net).toEqual({
    percent: 100,
    msPerRequest: 2.5,
    kernelMsPerRequest: 0.5,
  });
});

it('has no CPU per request without a request', () => {
  expect(resourceUse(alone(reading(0, 0, 1), reading(10, 5, 1)), 0).cpu.net?.msPerRequest).toBeNull();
});

it('refuses a window with a single reading', () => {
  expect(() => resourceUse(alone(reading(0, 0, 1)), 1)).toThrow(
    'a window needs a meter reading at its begin and at its end',
  );
});

it('counts samples from the start of the window', () => {
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

const written = (writtenBytes: bigint | undefined) => ({
  atNs: 0n,
  cpuNs: 0n,
  memoryBytes: 0,
  ...(writtenBytes !== undefined && { writtenBytes }),
});
const writtenPair = (net: bigint | undefined, gross: bigint | undefined) => ({
  net: written(net),
  gross: written(gross),
});

it('takes the difference over the window, and its share of a request', () => {
  expect(
    diskUse([writtenPair(1024n, 0n), writtenPair(9n, 9n), writtenPair(1024n + 2097152n, 4194304n)], 1024),
  ).toEqual({
    netWrittenMiB: 2,
    grossWrittenMiB: 4,
    netWrittenKiBPerRequest: 2,
    writeLatencyMs: null,
  });
});

it('says nothing where the meter does not, and nothing per request without one', () => {
  expect(diskUse([writtenPair(undefined, 0n), writtenPair(undefined, 0n)], 5)).toMatchObject({
    netWrittenMiB: null,
    netWrittenKiBPerRequest: null,
  });
  expect(diskUse([writtenPair(0n, 0n), writtenPair(5n, 5n)], 0).netWrittenKiBPerRequest).toBeNull();
});

it('tells how long a write took, if the app wrote', () => {
  const at = (writtenBytes: bigint, count: bigint, tookMs: bigint) => {
    const net = { ...written(writtenBytes), diskWrites: { count, tookMs } };
    return { net, gross: net };
  };
  expect(diskUse([at(0n, 10n, 100n), at(4096n, 30n, 150n)], 1).writeLatencyMs).toBe(2.5);
  // of the app's, or of nobody's
  expect(diskUse([at(0n, 10n, 100n), at(0n, 30n, 150n)], 1).writeLatencyMs).toBeNull();
  expect(diskUse([at(0n, 10n, 100n), at(4096n, 10n, 100n)], 1).writeLatencyMs).toBeNull();
});

it('leaves out what is not metered, of the whole window or of nothing at all', () => {
  const whole = alone(reading(1000, 50, 10), reading(2000, 550, 30));
  const net = whole.map((pair) => ({ net: pair.net }));
  expect(resourceUse(net, 200)).toEqual({
    cpu: { net: { percent: 50, msPerRequest: 2.5, kernelMsPerRequest: null } },
    memory: { net: { meanMiB: 20, peakMiB: 30 } },
  });
  expect(trialSamples(net)[1]).toEqual({ atMs: 1000, netCpuMs: 500, netMiB: 30 });
  const gross = whole.map((pair) => ({ gross: pair.gross }));
  expect(Object.keys(resourceUse(gross, 200, { loadedMs: 500, idle: gross }).cpu)).toEqual(['gross']);
  expect(trialSamples(gross)[1]).toEqual({ atMs: 1000, grossCpuMs: 500, grossMiB: 30 });
  expect(diskUse(gross, 1).netWrittenMiB).toBeNull();
  expect(resourceUse([], 200)).toEqual({ cpu: {}, memory: {} });
  expect(trialSamples([])).toEqual([]);
});
