import type { Slice } from '@tare/metrics';
import type { WarmUp } from '@tare/results';
import { mean, median } from '@tare/statistics';

/** Long enough for a rate, short enough for a warm-up of some tenths of a second. */
const pointMs = 100;

/**
 * The course of the throughput of fresh instances over their time under load, in points of about 100 ms: in replies per
 * second, or where a warm instance had turns with them, as a share of the throughput of that one in the same moments. The
 * median of the instances, so that what happens to one of three does not show.
 * @param fresh the turns of each, as many of one as of the other.
 * @param warm the turns of the warm instance, as many.
 */
export function warmUpCourse(
  fresh: readonly (readonly Slice[])[],
  warm: readonly Slice[] | undefined,
): WarmUp['course'] {
  const course: WarmUp['course'] = [];
  let untilMs = 0;
  let point = emptyPoint(fresh.length);
  for (const place of fresh[0]?.keys() ?? []) {
    point = {
      fresh: point.fresh.map((sum, which) => plus(sum, fresh[which]?.[place])),
      warm: plus(point.warm, warm?.[place]),
    };
    const tookMs = mean(point.fresh.map(({ durationMs }) => durationMs));
    // without a reply of the warm one there is nothing to compare with yet
    if (tookMs < pointMs || (warm !== undefined && point.warm.requests === 0)) continue;
    untilMs += tookMs;
    const rates = point.fresh.map(rps);
    course.push({ untilMs, level: median(rates) / (warm === undefined ? 1 : rps(point.warm)) });
    point = emptyPoint(fresh.length);
  }
  return course;
}

type Point = { readonly fresh: readonly Slice[]; readonly warm: Slice };

const nothing: Slice = { requests: 0, durationMs: 0 };

function emptyPoint(instances: number): Point {
  return { fresh: Array.from({ length: instances }, () => nothing), warm: nothing };
}

function plus(one: Slice, other: Slice = nothing): Slice {
  return { requests: one.requests + other.requests, durationMs: one.durationMs + other.durationMs };
}

function rps({ requests, durationMs }: Slice): number {
  return (requests / durationMs) * 1000;
}
