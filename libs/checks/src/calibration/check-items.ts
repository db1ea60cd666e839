import type { Check, CheckItem } from '@tare/results/calibration';

/** Smaller values are 0 except for rounding: no error is a share of them. */
const negligible = 1e-9;

/** How far a figure may be from the truth; the larger of the two counts. */
type Tolerance = {
  /** Share of the truth: 0.02 for 2 %. */
  readonly relative?: number;
  /** In the unit of the check. */
  readonly absolute?: number;
};

export type Compared = {
  readonly what: string;
  readonly reported: number;
  readonly truth: number;
  readonly unit: string;
};

/** @returns the line of a figure that must be close to the truth. A figure that is not a number fails. */
export function closeTo({ what, reported, truth, unit }: Compared, tolerance: Tolerance): CheckItem {
  const { relative = 0, absolute = 0 } = tolerance;
  const error = reported - truth;
  const limits = [
    ...(relative > 0 ? [`${figureText(relative * 100)} %`] : []),
    ...(absolute > 0 ? [`${figureText(absolute)} ${unit}`] : []),
  ];
  return {
    what,
    reported,
    truth,
    errorText: errorText(error, truth, unit),
    limitText: `± ${limits.join(' or ')}`,
    passed: Math.abs(error) <= Math.max(relative * Math.abs(truth), absolute),
  };
}

/** @returns the line of a figure that is shown, but not judged. */
export function shown(what: string, reported: number, truth: number | null, unit: string): CheckItem {
  return {
    what,
    reported,
    truth,
    errorText: truth === null ? '' : errorText(reported - truth, truth, unit),
    limitText: 'shown, not judged',
    passed: null,
  };
}

/** @returns the line of a figure that must not exceed a limit. */
export function atMost(what: string, reported: number, limit: number, unit: string): CheckItem {
  return {
    what,
    reported,
    truth: null,
    errorText: '',
    limitText: `at most ${figureText(limit)} ${unit}`,
    passed: reported <= limit,
  };
}

type CheckTitle = Pick<Check, 'id' | 'part' | 'title' | 'unit'>;

/** @returns a check that was made: it passes when it has lines and no judged line failed. */
export function made(title: CheckTitle, items: readonly CheckItem[], notes: readonly string[] = []): Check {
  return {
    ...title,
    status: 'made',
    passed: items.length > 0 && items.every(({ passed }) => passed !== false),
    items: [...items],
    notes: [...notes],
  };
}

/** @returns a check that could not be made here, with the reason. */
export function notMade(title: CheckTitle, reason: string): Check {
  return { ...title, status: 'not-made', reason };
}

function errorText(error: number, truth: number, unit: string): string {
  const relative = Math.abs(truth) < negligible ? '' : ` (${signedText((error / truth) * 100)} %)`;
  return `${signedText(error)} ${unit}${relative}`;
}

const significantDigits = 3;

/** @returns a figure with three significant digits and all digits before the point: "0.123", "12.3", "1234". */
export function figureText(value: number): string {
  if (Math.abs(value) < negligible) return '0';
  if (!Number.isFinite(value)) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(Math.max(significantDigits - 1 - exponent, 0), 9));
}

/** @returns the same with its sign: "+0.123", "−12.3". */
function signedText(value: number): string {
  return `${value < 0 ? '−' : '+'}${figureText(Math.abs(value))}`;
}
