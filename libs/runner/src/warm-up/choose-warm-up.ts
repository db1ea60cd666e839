import type { Diagnostic, WarmUp } from '@tare/results';

const factor = 1.5;
// the last few percent of a warm-up drown in the noise of a course
const leastMs = 2000;
const roundedToMs = 100;

export type ChosenWarmUp = {
  /** Of every trial of the run. */
  readonly warmupMs: number;
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * One warm-up for all trials of a run: 1.5 times the longest that was observed; where an instance was not steady at the end,
 * no less than it was observed. An emulated environment, an order of magnitude slower, decides nothing unless it is alone.
 * Pure.
 * @param warmUps at least one.
 * @param emulated names of environments.
 */
export function chooseWarmUp(warmUps: readonly WarmUp[], emulated: readonly string[]): ChosenWarmUp {
  const real = warmUps.filter(({ environment }) => !emulated.includes(environment));
  const deciding = real.length > 0 ? real : warmUps;
  const times = deciding.map((each) => ({ each, ms: (each.steadyAfterMs ?? 0) * factor }));
  const slowest = times.reduce((most, time) => (time.ms > most.ms ? time : most), times[0] ?? nothing);
  const unsettled = deciding.filter(({ steadyAfterMs }) => steadyAfterMs === null);
  const wantedMs = Math.max(leastMs, slowest.ms, ...unsettled.map(({ observedMs }) => observedMs));
  const warmupMs = Math.ceil(wantedMs / roundedToMs) * roundedToMs;
  return {
    warmupMs,
    diagnostics: [
      { level: 'info', code: 'warm-up', message: reason(warmupMs, slowest, unsettled) },
      ...warmUps.flatMap((each) => unsettledDiagnostic(each, emulated, warmupMs)),
    ],
  };
}

type Time = { readonly each: WarmUp | undefined; readonly ms: number };
const nothing: Time = { each: undefined, ms: 0 };

function reason(warmupMs: number, { each, ms }: Time, unsettled: readonly WarmUp[]): string {
  const chosen = `warm-up of ${seconds(warmupMs)} for every trial: `;
  const [first] = unsettled;
  if (first !== undefined && warmupMs > ms + roundedToMs) {
    return `${chosen}as long as ${where(first)} was observed, for it was not steady at the end`;
  }
  if (each === undefined || ms < leastMs)
    return `${chosen}fresh instances were steady before ${seconds(leastMs / factor)}`;
  return `${chosen}${factor} times the ${seconds(each.steadyAfterMs ?? 0)} after which ${where(each)}, the slowest, was steady`;
}

function unsettledDiagnostic(
  each: WarmUp,
  emulated: readonly string[],
  warmupMs: number,
): readonly Diagnostic[] {
  if (each.steadyAfterMs !== null && each.steadyAfterMs <= warmupMs) return [];
  const when =
    each.steadyAfterMs === null
      ? `was not steady after ${seconds(each.observedMs)} of load`
      : `was steady after ${seconds(each.steadyAfterMs)} of load`;
  if (emulated.includes(each.environment)) {
    const message = `${where(each)} ${when}: it is emulated, and has the warm-up of the others, ${seconds(warmupMs)}`;
    return [{ level: 'info', code: 'no-steady-state', message }];
  }
  const message = `${where(each)} ${when}: its figures may be those of an app that is still warming up; --warmup sets a longer warm-up`;
  return [{ level: 'warning', code: 'no-steady-state', message }];
}

function where({ workload, environment }: WarmUp): string {
  return `${workload} in ${environment}`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))} s`;
}
