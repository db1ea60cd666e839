import { median } from '../estimates/quantile.ts';
import { requireSample } from '../estimates/require-sample.ts';

/** Normal noise leaves this many standard deviations once in 16,000 values. */
const mostDeviations = 4;
/** Standard deviation of normal noise ÷ median size of the difference of two neighbours: 1.4826 / √2. */
const deviationPerDifference = 1.0484;

/**
 * A series whose spikes are cut down: a value further than 4 standard deviations of the noise from the median of its
 * surroundings is moved to that distance (filter of Hampel 1974, with the noise taken from the differences of neighbours,
 * which levels do not enlarge). Steps stay where they are.
 * @param reach how many values on each side are the surroundings; a stretch longer than `reach` is no spike.
 * @throws RangeError for fewer than 2 values, NaN or infinity.
 */
export function withoutSpikes(values: readonly number[], reach: number): readonly number[] {
  requireSample(values, 'withoutSpikes', 2);
  const differences = values.slice(1).map((value, place) => Math.abs(value - (values[place] ?? NaN)));
  const most = mostDeviations * deviationPerDifference * median(differences);
  return values.map((value, place) => {
    const centre = median(values.slice(Math.max(0, place - reach), place + reach + 1));
    return Math.min(Math.max(value, centre - most), centre + most);
  });
}
