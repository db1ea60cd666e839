/** A logarithmic axis; positions are decadic logarithms of the figures. */
export type LogAxis = {
  readonly min: number;
  readonly max: number;
  /** Positions of the ticks. */
  readonly ticks: readonly number[];
};

const mantissas = [
  [1],
  [1, 3],
  [1, 2, 5],
  [1, 1.5, 2, 3, 5, 7],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
];
const roomShare = 0.05;
const leastRoom = 0.05;

/**
 * The axis that holds some figures with a little room, with as many round ticks as wanted at most.
 * @param figures greater than 0; 1 to 10 when there is none.
 */
export function logAxis(figures: readonly number[], mostTicks: number): LogAxis {
  const positive = figures.filter((figure) => figure > 0 && Number.isFinite(figure)).map(Math.log10);
  const [low, high] = positive.length === 0 ? [0, 1] : [Math.min(...positive), Math.max(...positive)];
  const room = Math.max((high - low) * roomShare, leastRoom);
  const [min, max] = [low - room, high + room];
  const candidates = mantissas.map((of) => ticksBetween(min, max, of));
  const fitting = candidates.filter(({ length }) => length <= mostTicks);
  return { min, max, ticks: fitting.at(-1) ?? [] };
}

function ticksBetween(min: number, max: number, of: readonly number[]): readonly number[] {
  const first = Math.floor(min);
  const decades = Array.from({ length: Math.ceil(max) - first + 1 }, (_, place) => first + place);
  return decades
    .flatMap((decade) => of.map((mantissa) => Math.log10(mantissa) + decade))
    .filter((tick) => tick >= min && tick <= max);
}
