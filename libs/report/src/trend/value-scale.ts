/** An axis from `min` to `max` with a tick at each multiple of `step`. */
export type ValueScale = {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly decimals: number;
};

const wantedSteps = 4;
const roundSteps = [1, 2, 2.5, 5, 10];
/** Noise alone must not fill a picture: an axis spans at least this share of its level. */
const leastSpan = 0.1;

/** The shortest axis of round steps that holds all figures; it need not hold 0. */
export function valueScale(figures: readonly number[]): ValueScale {
  const [low, high] = [Math.min(...figures), Math.max(...figures)];
  const centre = (low + high) / 2;
  const reach = Math.max(high - low, Math.abs(centre) * leastSpan) || 1;
  const magnitude = 10 ** Math.floor(Math.log10(reach / wantedSteps));
  const factor = roundSteps.find((step) => step * magnitude * wantedSteps >= reach * 0.999) ?? 10;
  const step = Number((factor * magnitude).toPrecision(3));
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + (factor === 2.5 ? 1 : 0));
  const first = Math.floor((centre - reach / 2) / step + 1e-9);
  const last = Math.ceil((centre + reach / 2) / step - 1e-9);
  return { min: rounded(first * step), max: rounded(last * step), step, decimals };
}

function rounded(value: number): number {
  return Number(value.toPrecision(9));
}
