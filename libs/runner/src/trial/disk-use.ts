import type { MeterReading } from '@tare/metrics';
import type { Trial } from '@tare/results';
import type { SamplePair } from './window-sampler.ts';

const bytesPerKiB = 1024;
const bytesPerMiB = 1024 * 1024;

/**
 * What was written to storage over the window, and how long the disks took for a write (iostat's w_await): those that the
 * app sees, in a VM its own.
 * @param requests replies of the window.
 * @returns null for a scope whose meter does not tell.
 */
export function diskUse(samples: readonly SamplePair[], requests: number): Trial['disk'] {
  const net = written(samples.map((pair) => pair.net));
  const gross = written(samples.map((pair) => pair.gross));
  return {
    netWrittenMiB: net === null ? null : net / bytesPerMiB,
    grossWrittenMiB: gross === null ? null : gross / bytesPerMiB,
    netWrittenKiBPerRequest: net === null || requests === 0 ? null : net / bytesPerKiB / requests,
    writeLatencyMs: net === null || net === 0 ? null : writeLatencyMs(samples.map((pair) => pair.net)),
  };
}

function written(readings: readonly MeterReading[]): number | null {
  const [first, last] = [readings[0]?.writtenBytes, readings.at(-1)?.writtenBytes];
  return first === undefined || last === undefined ? null : Math.max(0, Number(last - first));
}

/** @returns null where the disks are not in sight, or wrote nothing. */
function writeLatencyMs(readings: readonly MeterReading[]): number | null {
  const [first, last] = [readings[0]?.diskWrites, readings.at(-1)?.diskWrites];
  if (first === undefined || last === undefined || last.count <= first.count) return null;
  return Number(last.tookMs - first.tookMs) / Number(last.count - first.count);
}
