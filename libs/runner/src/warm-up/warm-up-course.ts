import type { TurnOutcome } from '@tare/metrics';
import type { WarmUp } from '@tare/results';

/** Long enough for a rate, short enough for a warm-up of some tenths of a second. */
const pointMs = 100;

/**
 * The course of a fresh instance's throughput over its time under load, in points of about 100 ms: in replies per second, or
 * where a warm instance had turns with it, as a share of the throughput of that one in the same moments.
 * @param warm the turns of the warm instance, as many as those of the fresh one.
 */
export function warmUpCourse(
  fresh: readonly TurnOutcome[],
  warm: readonly TurnOutcome[] | undefined,
): WarmUp['course'] {
  const course: WarmUp['course'] = [];
  let untilMs = 0;
  let [own, beside] = [none, none];
  for (const [place, turn] of fresh.entries()) {
    untilMs += turn.durationMs;
    own = sum(own, turn);
    beside = sum(beside, warm?.[place] ?? none);
    // without a reply of the warm one there is nothing to compare with yet
    const isWhole = own.durationMs >= pointMs && (warm === undefined || beside.requests > 0);
    if (!isWhole) continue;
    course.push({ untilMs, level: warm === undefined ? rps(own) : rps(own) / rps(beside) });
    [own, beside] = [none, none];
  }
  return course;
}

const none: TurnOutcome = { requests: 0, durationMs: 0 };

function sum(one: TurnOutcome, other: TurnOutcome): TurnOutcome {
  return { requests: one.requests + other.requests, durationMs: one.durationMs + other.durationMs };
}

function rps({ requests, durationMs }: TurnOutcome): number {
  return (requests / durationMs) * 1000;
}
