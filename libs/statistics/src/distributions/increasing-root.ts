const maximumSteps = 200;
const convergedMove = 1e-14;

/**
 * The x where an increasing function is 0, by the Illinois variant of regula falsi (Dowell & Jarratt 1971), to 14 digits.
 * @param lower where the function is not above 0.
 * @param upper where it is not below 0.
 * @throws Error when it does not converge.
 */
export function increasingRoot(valueAt: (x: number) => number, lower: number, upper: number): number {
  let [low, high] = [lower, upper];
  let [below, above] = [valueAt(low), valueAt(high)];
  let last: { readonly x: number; readonly side: 'low' | 'high' | undefined } = { x: low, side: undefined };
  for (let step = 0; step < maximumSteps; step += 1) {
    if (above === below) return low;
    const x = low - (below * (high - low)) / (above - below);
    const value = valueAt(x);
    if (value === 0 || Math.abs(x - last.x) <= convergedMove * Math.abs(x)) return x;
    // An end that has stayed twice counts half: else it could stay for ever.
    if (value < 0) {
      if (last.side === 'low') above /= 2;
      [low, below] = [x, value];
    } else {
      if (last.side === 'high') below /= 2;
      [high, above] = [x, value];
    }
    last = { x, side: value < 0 ? 'low' : 'high' };
  }
  throw new Error(`increasingRoot: no convergence between ${lower} and ${upper}`);
}
