import { binomialInterval } from '../simulation/binomial-interval.ts';
import type { Share } from './calibration-file.ts';

/** @returns a share with its percent and its exact 95 % interval. @throws RangeError when there is no run. */
export function shareOf(counted: Omit<Share, 'percent' | 'ci95'>): Share {
  const [lower, upper] = binomialInterval(counted.hits, counted.runs);
  return { ...counted, percent: (counted.hits / counted.runs) * 100, ci95: [lower * 100, upper * 100] };
}
