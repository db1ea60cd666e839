import type { ChartBar } from './chart-plan.ts';

/** An interval beyond this multiple of the largest figure is cut off at the edge: it would flatten the bars. */
const longestInterval = 1.5;
/** An emulated bar beyond this multiple of what the others need is broken off: it would flatten them. */
const longestEmulated = 1.5;

export type AxisReach = {
  /** The largest value that the axis has to hold. */
  readonly largest: number;
  /** Per bar, whether it goes on beyond the axis. */
  readonly broken: readonly boolean[];
};

/** How far the axis has to reach for these bars, and which emulated ones are broken off at its end. */
export function axisReach(bars: readonly ChartBar[]): AxisReach {
  const reaches = bars.map(reachOf);
  const others = reaches.filter((_, index) => bars[index]?.emulated !== true);
  const needed = Math.max(...others);
  const broken = bars.map(
    (bar, index) => bar.emulated && needed > 0 && Number.isFinite(needed) && (reaches[index] ?? 0) > longestEmulated * needed,
  ); // prettier-ignore
  return { largest: Math.max(...reaches.filter((_, index) => broken[index] !== true)), broken };
}

/** The pieces of a bar, cut off where their sum reaches a value. */
export function piecesUpTo(pieces: ChartBar['pieces'], end: number): ChartBar['pieces'] {
  let begin = 0;
  return pieces.map((piece) => {
    const value = Math.min(piece.value, Math.max(0, end - begin));
    begin += piece.value;
    return { ...piece, value };
  });
}

function reachOf({ pieces, trials, ci95 }: ChartBar): number {
  const largest = Math.max(
    pieces.reduce((sum, { value }) => sum + value, 0),
    ...trials,
  );
  return Math.max(largest, Math.min(ci95?.[1] ?? 0, longestInterval * largest));
}
