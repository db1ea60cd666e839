import type { Trial } from '@tare/results';
import { quantile, slicesPerLaunch, variationOfSlices, type PairedSlices } from '@tare/statistics';

/** Rounds whose slices say how long the closed-loop window of the later ones shall be. */
export const roundsBeforeWindow = 3;

// memory, sampled ten times a second, differs between launches and hardly within one
const shortestMs = 1000;
// with longer ones a round of four environments takes a minute
const longestMs = 2500;
// the next multiple: figures finer than this mean nothing
const stepMs = 100;

/**
 * By how much of its margin the ratio to one copy of the baseline may vary from round to round. To the mean of two copies it varies
 * by 0.6 of it, and nine of ten simulated ones are decided with eight rounds: startup, memory and p95 hardly are with fewer.
 */
const goodSpread = 0.7;

export type ChosenWindow = { readonly durationMs: number; readonly message: string };

/**
 * The window of the rounds to come, from the spreads of the slices so far and never from their differences: the shortest one
 * that lets throughput be decided soon, and no longer than pays. From some length on another launch says more than a longer window
 * (Kalibera & Jones 2013), because launches of equal copies differ, however long each is loaded.
 * @param trials of rounds that are over; those of one workload.
 * @param roundMs what a round takes.
 * @param margin of throughput, as a share.
 * @returns undefined where environments had no slices beside each other.
 */
export function windowAfter(
  trials: readonly Trial[],
  {
    baseline,
    roundMs,
    margin,
  }: { readonly baseline: string; readonly roundMs: number; readonly margin: number },
): ChosenWindow | undefined {
  const byRound = [...Map.groupBy(trials, ({ round }) => round).values()];
  const names = [...new Set(trials.map(({ environment }) => environment))].filter(
    (name) => name !== baseline,
  );
  const spreads = names.flatMap((name) => {
    const launches = byRound.flatMap((round) => launchOf(round, name, baseline) ?? []);
    return launches.length < 2 ? [] : [variationOfSlices(launches)];
  });
  const sliced = trials.flatMap(({ load }) => load.sliceSeries?.map(([, durationMs]) => durationMs) ?? []);
  if (spreads.length === 0) return undefined;
  const together = (part: 'within' | 'between'): number =>
    Math.hypot(...spreads.map((spread) => spread[part])) / Math.sqrt(spreads.length);
  const [within, between] = [together('within'), together('between')];
  const sliceMs = quantile(sliced, 0.5);
  const sides = names.length + 1;
  const closedMs = Math.max(...trials.map(({ load }) => load.durationMs));
  const launchMs = Math.max(sliceMs, roundMs / sides - closedMs);
  const best = slicesPerLaunch({ within, between }, { launch: launchMs, slice: sliceMs });
  const slices = Math.min(best, enough(within, between, goodSpread * margin));
  const wantedMs = Math.ceil((slices * sliceMs) / stepMs) * stepMs;
  const durationMs = Math.min(longestMs, Math.max(shortestMs, wantedMs));
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const message = `closed-loop windows from round ${byRound.length + 1} on last ${durationMs / 1000} s: the throughput ratio varied by ${percent(within)} from slice to slice and by ${percent(between)} from launch to launch`;
  return { durationMs, message };
}

/** How many slices bring the spread of a launch down to the wanted one; Infinity where launches differ by more. */
function enough(within: number, between: number, wanted: number): number {
  const room = wanted ** 2 - between ** 2;
  return room <= 0 ? Infinity : within ** 2 / room;
}

function launchOf(round: readonly Trial[], name: string, baseline: string): PairedSlices | undefined {
  const [candidate, other] = [name, baseline].map((wanted) =>
    round
      .find(({ environment }) => environment === wanted)
      ?.load.sliceSeries?.map(([requests, durationMs]) => ({ requests, durationMs })),
  );
  if (candidate === undefined || candidate.length !== other?.length) return undefined;
  const both = candidate.filter(({ requests }, place) => requests > 0 && (other[place]?.requests ?? 0) > 0);
  return both.length < 2 ? undefined : { candidate, baseline: other };
}
