/** An axis from 0 to `max` with a tick at each multiple of `step`. */
export type LinearScale = { readonly max: number; readonly step: number; readonly decimals: number };

const wantedTicks = 5;
const roundSteps = [1, 2, 2.5, 5, 10];

/** The shortest axis of round steps that holds a value; 0 to 1 when the value is not positive. */
export function linearScale(largest: number): LinearScale {
  const reach = largest > 0 && Number.isFinite(largest) ? largest : 1;
  const magnitude = 10 ** Math.floor(Math.log10(reach / wantedTicks));
  const factor = roundSteps.find((step) => step * magnitude * wantedTicks >= reach) ?? 10;
  const step = Number((factor * magnitude).toPrecision(3));
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + (factor === 2.5 ? 1 : 0));
  return { max: Number((Math.ceil(reach / step) * step).toPrecision(6)), step, decimals };
}
