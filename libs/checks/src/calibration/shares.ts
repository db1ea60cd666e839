import { metricCatalogue } from '@tare/results';
import type { CheckItem, Share } from '@tare/results/calibration';

/** Percentage of false positives of a test at 5 %. */
const nominalPercent = 5;

/** What must hold for a share; `shown` judges nothing. */
export type ShareRule =
  | { readonly kind: 'shown' }
  /** The 95 % interval contains 5 %. */
  | { readonly kind: 'nominal' }
  /** The whole 95 % interval lies at or below 5 %. */
  | { readonly kind: 'below-nominal' }
  /** The interval does not lie above 5 %, at a confidence that keeps a family of `familySize` shares at a level of 5 %. */
  | { readonly kind: 'not-above-nominal'; readonly familySize: number }
  | { readonly kind: 'at-least'; readonly percent: number };

/** @returns the line of a share in percent, with its interval in the place of the error. */
export function shareItem(share: Share, rule: ShareRule): CheckItem {
  const line = {
    what: shareTitle(share),
    reported: share.percent,
    truth: share.part === 'aa' && share.outcome === 'significant' ? nominalPercent : null,
    errorText: `${share.hits} of ${share.runs}, 95 % interval ${intervalText(share.ci95)}`,
  };
  return { ...line, ...judged(share, rule) };
}

function judged(share: Share, rule: ShareRule): Pick<CheckItem, 'limitText' | 'passed'> {
  const [lower, upper] = share.ci95;
  switch (rule.kind) {
    case 'shown':
      return { limitText: 'shown, not judged', passed: null };
    case 'nominal':
      return {
        limitText: `the interval contains ${nominalPercent} %`,
        passed: lower <= nominalPercent && nominalPercent <= upper,
      };
    case 'below-nominal':
      return { limitText: `the interval is not above ${nominalPercent} %`, passed: upper <= nominalPercent };
    case 'not-above-nominal': {
      const confidence = 1 - nominalPercent / 100 / rule.familySize;
      const [least, most] = binomialInterval(share.hits, share.runs, confidence);
      const interval = intervalText([least * 100, most * 100]);
      return {
        limitText: `not above ${nominalPercent} % for sure (${(confidence * 100).toFixed(1)} % interval ${interval})`,
        passed: least * 100 <= nominalPercent,
      };
    }
    case 'at-least':
      return { limitText: `at least ${rule.percent} %`, passed: share.percent >= rule.percent };
  }
}

function shareTitle({ part, design, slowdownPercent, metric, outcome }: Share): string {
  const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? 'any metric';
  const found = outcome === 'significant' ? 'p < 0.05' : part === 'aa' ? 'better or worse' : 'worse';
  return part === 'aa'
    ? `${design}, ${label}: ${found}`
    : `${slowdownPercent} % slower, ${design}, ${label}: ${found}`;
}

function intervalText([lower, upper]: readonly [number, number]): string {
  return `${lower.toFixed(1)} … ${upper.toFixed(1)} %`;
}

/** @returns a share with its percent and its exact 95 % interval. @throws RangeError without a run. */
export function shareOf(counted: Omit<Share, 'percent' | 'ci95'>): Share {
  const [lower, upper] = binomialInterval(counted.hits, counted.runs);
  return { ...counted, percent: (counted.hits / counted.runs) * 100, ci95: [lower * 100, upper * 100] };
}

/** Halvings of 0 … 1 after which neither bound moves any more. */
const halvings = 60;

/**
 * Exact interval of a share (Clopper & Pearson 1934, "The Use of Confidence or Fiducial Limits Illustrated in the Case of
 * the Binomial"): every p whose binomial distribution gives `hits` or more, and `hits` or fewer, with at least
 * (1 − confidence) / 2 each.
 * @param hits of `runs`; whole numbers, runs at least 1.
 * @returns bounds as shares, 0 … 1.
 * @throws RangeError for numbers that are not whole, hits above runs, or a confidence outside 0 … 1.
 */
export function binomialInterval(hits: number, runs: number, confidence = 0.95): readonly [number, number] {
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`binomialInterval: runs is ${runs}, expected a whole number of at least 1`);
  }
  if (!Number.isInteger(hits) || hits < 0 || hits > runs) {
    throw new RangeError(`binomialInterval: hits is ${hits}, expected a whole number from 0 to ${runs}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`binomialInterval: confidence is ${confidence}, expected between 0 and 1`);
  }
  const tail = (1 - confidence) / 2;
  const lower = hits === 0 ? 0 : whereReached((p) => upTo(runs - hits, runs, 1 - p) >= tail);
  const upper = hits === runs ? 1 : whereReached((p) => upTo(hits, runs, p) < tail);
  return [lower, upper];
}

/** The smallest p for which a monotonic condition holds. */
function whereReached(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < halvings; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** P(X ≤ most) of the binomial distribution of n trials with chance p; each term follows from the previous logarithm. */
function upTo(most: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return most >= n ? 1 : 0;
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= most; k += 1) {
    logTerm += Math.log((n - k + 1) / k) + logOdds;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
