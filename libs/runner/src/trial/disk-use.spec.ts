import { expect, it } from 'vitest';
import { diskUse } from './disk-use.ts';

const reading = (writtenBytes: bigint | undefined) => ({
  atNs: 0n,
  cpuNs: 0n,
  memoryBytes: 0,
  ...(writtenBytes !== undefined && { writtenBytes }),
});
const pair = (net: bigint | undefined, gross: bigint | undefined) => ({
  net: reading(net),
  gross: reading(gross),
});

it('takes the difference over the window, and its share of a request', () => {
  expect(diskUse([pair(1024n, 0n), pair(9n, 9n), pair(1024n + 2097152n, 4194304n)], 1024)).toEqual({
    netWrittenMiB: 2,
    grossWrittenMiB: 4,
    netWrittenKiBPerRequest: 2,
    writeLatencyMs: null,
  });
});

it('says nothing where the meter does not, and nothing per request without one', () => {
  expect(diskUse([pair(undefined, 0n), pair(undefined, 0n)], 5)).toMatchObject({
    netWrittenMiB: null,
    netWrittenKiBPerRequest: null,
  });
  expect(diskUse([pair(0n, 0n), pair(5n, 5n)], 0).netWrittenKiBPerRequest).toBeNull();
});

it('tells how long a write took, if the app wrote', () => {
  const at = (writtenBytes: bigint, count: bigint, tookMs: bigint) => {
    const net = { ...reading(writtenBytes), diskWrites: { count, tookMs } };
    return { net, gross: net };
  };
  expect(diskUse([at(0n, 10n, 100n), at(4096n, 30n, 150n)], 1).writeLatencyMs).toBe(2.5);
  // of the app's, or of nobody's
  expect(diskUse([at(0n, 10n, 100n), at(0n, 30n, 150n)], 1).writeLatencyMs).toBeNull();
  expect(diskUse([at(0n, 10n, 100n), at(4096n, 10n, 100n)], 1).writeLatencyMs).toBeNull();
});
