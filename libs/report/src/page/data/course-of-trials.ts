import type { Trial, TrialSample } from '@tare/results';

/** A quantity over a load window, on a common grid of times. */
export type Course = {
  readonly atMs: readonly number[];
  /** Mean over the trials at each time. */
  readonly meanNet: readonly number[];
  readonly meanGross: readonly number[];
  /** One line per trial, gross. */
  readonly trials: readonly (readonly number[])[];
};

const gridSteps = 24;
const fewestSamples = 3;

/** Share of a CPU in use over the window, in percent: the slope of the CPU time between the times of the grid. */
export function cpuCourse(trials: readonly Trial[]): Course | null {
  return courseOf(trials, 'slope', (s) => s.netCpuMs, (s) => s.grossCpuMs); // prettier-ignore
}

/** Memory over the window, in MiB. */
export function memoryCourse(trials: readonly Trial[]): Course | null {
  return courseOf(trials, 'level', (s) => s.netMiB, (s) => s.grossMiB); // prettier-ignore
}

type Read = (sample: TrialSample) => number;

function courseOf(trials: readonly Trial[], kind: 'slope' | 'level', net: Read, gross: Read): Course | null {
  const sampled = trials.map(samplesUnderLoad).filter(({ length }) => length >= fewestSamples);
  if (sampled.length === 0) return null;
  const endMs = Math.min(...sampled.map((samples) => samples.at(-1)?.atMs ?? 0));
  if (endMs <= 0) return null;
  const edges = Array.from({ length: gridSteps + 1 }, (_, step) => (endMs * step) / gridSteps);
  const along = (samples: readonly TrialSample[], read: Read): readonly number[] => {
    const levels = edges.map((atMs) => interpolated(samples, atMs, read));
    if (kind === 'level') return levels;
    const stepMs = endMs / gridSteps;
    return levels.slice(1).map((level, place) => ((level - (levels[place] ?? 0)) / stepMs) * 100);
  };
  const grossLines = sampled.map((samples) => along(samples, gross));
  const netLines = sampled.map((samples) => along(samples, net));
  return {
    // a slope belongs to the middle of its step
    atMs: kind === 'level' ? edges : edges.slice(1).map((edge) => edge - endMs / gridSteps / 2),
    meanNet: meanLine(netLines),
    meanGross: meanLine(grossLines),
    trials: grossLines,
  };
}

/** In turns, an environment is under load for a part of the time: that part is what the window is made of. */
function samplesUnderLoad({ samples, load }: Trial): readonly TrialSample[] {
  const wholeMs = samples.at(-1)?.atMs ?? 0;
  if (load.turns === undefined || wholeMs === 0) return samples;
  return samples.map((sample) => ({ ...sample, atMs: (sample.atMs / wholeMs) * load.durationMs }));
}

function interpolated(samples: readonly TrialSample[], atMs: number, read: Read): number {
  const next = samples.findIndex((sample) => sample.atMs >= atMs);
  const after = samples[next === -1 ? samples.length - 1 : next];
  const before = samples[Math.max(0, next - 1)];
  if (after === undefined || before === undefined) return 0;
  const spanMs = after.atMs - before.atMs;
  if (spanMs <= 0 || next === -1) return read(after);
  return read(before) + ((read(after) - read(before)) * (atMs - before.atMs)) / spanMs;
}

function meanLine(lines: readonly (readonly number[])[]): readonly number[] {
  return (lines[0] ?? []).map(
    (_, place) => lines.reduce((sum, line) => sum + (line[place] ?? 0), 0) / lines.length,
  );
}
