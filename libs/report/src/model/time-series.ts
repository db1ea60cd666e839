import type { RunFile, Trial, TrialSample, WarmUp } from '@tare/results';
import type { Subject } from './subjects.ts';
import { secondsText } from './words.ts';

/** A quantity over a load window, on a common grid of times. */
export type TimeSeries = {
  readonly atMs: readonly number[];
  /** Mean over the trials at each time; empty where it was not metered. */
  readonly meanNet: readonly number[];
  readonly meanGross: readonly number[];
  /** One line per trial, gross; none where that was not metered. */
  readonly trials: readonly (readonly number[])[];
};

const gridSteps = 24;
const fewestSamples = 3;

/** Share of a CPU in use over the window, in percent: the slope of the CPU time between the times of the grid. */
export function cpuSeries(trials: readonly Trial[]): TimeSeries | null {
  return seriesOf(trials, 'slope', (s) => s.netCpuMs, (s) => s.grossCpuMs); // prettier-ignore
}

/** Memory over the window, in MiB. */
export function memorySeries(trials: readonly Trial[]): TimeSeries | null {
  return seriesOf(trials, 'level', (s) => s.netMiB, (s) => s.grossMiB); // prettier-ignore
}

type Read = (sample: TrialSample) => number | undefined;

function seriesOf(
  trials: readonly Trial[],
  kind: 'slope' | 'level',
  net: Read,
  gross: Read,
): TimeSeries | null {
  const sampled = trials.map(samplesUnderLoad).filter(({ length }) => length >= fewestSamples);
  if (sampled.length === 0) return null;
  const endMs = Math.min(...sampled.map((samples) => samples.at(-1)?.atMs ?? 0));
  if (endMs <= 0) return null;
  const edges = Array.from({ length: gridSteps + 1 }, (_, step) => (endMs * step) / gridSteps);
  const along =
    (read: Read) =>
    (samples: readonly TrialSample[]): readonly (readonly number[])[] => {
      if (samples.some((sample) => read(sample) === undefined)) return [];
      const levels = edges.map((atMs) => interpolated(samples, atMs, read));
      if (kind === 'level') return [levels];
      const stepMs = endMs / gridSteps;
      return [levels.slice(1).map((level, place) => ((level - (levels[place] ?? 0)) / stepMs) * 100)];
    };
  const grossLines = sampled.flatMap(along(gross));
  const netLines = sampled.flatMap(along(net));
  if (grossLines.length === 0 && netLines.length === 0) return null;
  return {
    // a slope belongs to the middle of its step
    atMs: kind === 'level' ? edges : edges.slice(1).map((edge) => edge - endMs / gridSteps / 2),
    meanNet: meanLine(netLines),
    meanGross: meanLine(grossLines),
    trials: grossLines,
  };
}

/** A sliced environment is under load for a part of the time: its window consists of that part. */
function samplesUnderLoad(trial: Trial): readonly TrialSample[] {
  const { samples, load } = trial;
  const wholeMs = samples.at(-1)?.atMs ?? 0;
  if (trial.load.slices === undefined || wholeMs === 0) return samples;
  return samples.map((sample) => ({ ...sample, atMs: (sample.atMs / wholeMs) * load.durationMs }));
}

function interpolated(samples: readonly TrialSample[], atMs: number, read: Read): number {
  const next = samples.findIndex((sample) => sample.atMs >= atMs);
  const after = samples[next === -1 ? samples.length - 1 : next];
  const before = samples[Math.max(0, next - 1)];
  if (after === undefined || before === undefined) return 0;
  const spanMs = after.atMs - before.atMs;
  const [from = 0, to = 0] = [read(before), read(after)];
  if (spanMs <= 0 || next === -1) return to;
  return from + ((to - from) * (atMs - before.atMs)) / spanMs;
}

function meanLine(lines: readonly (readonly number[])[]): readonly number[] {
  return (lines[0] ?? []).map(
    (_, place) => lines.reduce((sum, line) => sum + (line[place] ?? 0), 0) / lines.length,
  );
}

/** The throughput of a fresh instance from its first request on, observed before the first round. */
export type FreshInstance = {
  readonly subject: Subject;
  /** "% of a warm one" where a warm instance was beside it, else "req/s". */
  readonly unit: string;
  readonly points: readonly { readonly untilMs: number; readonly level: number }[];
  readonly steadyAfterMs: number | null;
  /** "steady after 1.3 s". */
  readonly steadyText: string;
};

/** A change within so few points, of about ten a second, is none. */
const shortestStretch = 3;

/** How the fresh instances of a workload came up to speed; nothing where nobody looked. */
export function freshInstances(
  { warmUps = [] }: RunFile,
  workload: string,
  subjects: readonly Subject[],
): readonly FreshInstance[] {
  return subjects.flatMap((subject) => {
    const warmUp = warmUps.find((each) => each.workload === workload && each.environment === subject.name);
    const points = warmUp === undefined ? [] : warmUp.timeSeries;
    if (warmUp === undefined || points.length === 0) return [];
    return [
      {
        subject,
        unit: warmUp.besideWarm ? '% of a warm one' : 'req/s',
        points: points.map(({ untilMs, level }) => ({
          untilMs,
          level: warmUp.besideWarm ? level * 100 : level,
        })),
        steadyAfterMs: warmUp.steadyAfterMs,
        steadyText: steadyText(warmUp, points[shortestStretch - 1]?.untilMs),
      },
    ];
  });
}

function steadyText({ steadyAfterMs, observedMs }: WarmUp, firstStretchMs = observedMs): string {
  const seconds = (ms: number) => secondsText(Math.round(ms / 100) * 100);
  if (steadyAfterMs === null) return `not steady after ${seconds(observedMs)}`;
  return steadyAfterMs > 0
    ? `steady after ${seconds(steadyAfterMs)}`
    : `steady within ${seconds(firstStretchMs)}`;
}
