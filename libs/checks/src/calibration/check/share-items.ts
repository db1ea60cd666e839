import { metricCatalogue } from '@tare/results';
import type { CheckItem, Share } from '../result/calibration-file.ts';
import { binomialInterval } from '../simulation/binomial-interval.ts';

/** What a test at 5 % finds where there is nothing, in percent. */
const nominalPercent = 5;

/** What must hold for a share; `shown` judges nothing. */
export type ShareRule =
  | { readonly kind: 'shown' }
  /** The 95 % interval contains 5 %. */
  | { readonly kind: 'nominal' }
  /** The whole 95 % interval lies at or below 5 %. */
  | { readonly kind: 'below-nominal' }
  /** The interval does not lie above 5 %, at the confidence that leaves the family of so many shares a level of 5 %. */
  | { readonly kind: 'not-above-nominal'; readonly familySize: number }
  | { readonly kind: 'at-least'; readonly percent: number };

/** @returns the line of a share in percent, with its interval where others have their error. */
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
