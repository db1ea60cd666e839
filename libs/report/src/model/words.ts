import type { Comparison, Metric, MetricSummary, Verdict } from '@tare/results';

export { counted } from '@tare/statistics';

// C0, DEL, C1 and what directs text: a program's output must not move the cursor or reorder our text; what is no character is not XML
const unprintable =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]+/g;
const escapeSequence =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]+[0-~]/g;

/** Text from another program on one line, without escape sequences, control characters and halves of surrogates. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(escapeSequence, '')
    .replace(unprintable, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A file with every text and key in it on one line. A report cleans its file once, at the entry; after that a view only escapes
 * for its own format.
 */
export function withPlainText<T>(value: T): T {
  return plain(value) as T;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return holdsText(value) ? value.map(plain) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [oneLine(key), plain(each)]));
}

/** Whether there is a text in a list: the samples and slices of a trial are many, and all numbers. */
function holdsText(values: readonly unknown[]): boolean {
  return values.some((each) =>
    typeof each === 'object' && each !== null ? holdsText(Object.values(each)) : typeof each === 'string',
  );
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "vagrant (emulated)": a name with what must be known beside it; false and "" are no mark. */
export function withMarks(name: string, marks: readonly (string | false)[]): string {
  const known = marks.filter((mark) => mark !== false && mark !== '');
  return known.length === 0 ? name : `${name} (${known.join(', ')})`;
}

/** The words of a text, at which its lines may be broken: a figure and its "%" stay together. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/ (?!%)/);
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** "2026-03-01 10:00 UTC" from an ISO date in UTC. */
export function dateText(isoDate: string): string {
  return `${new Date(isoDate).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** "2.5 s", with three digits after the point at most. */
export function secondsText(durationMs: number): string {
  return `${Number((durationMs / 1000).toFixed(3))} s`;
}

/** "282.8 req/s": four digits, as the rates of a search for capacity have. */
export function rateText(rateRps: number): string {
  return `${Number(rateRps.toPrecision(4))} req/s`;
}

/** "45 s", "10 min", "1.5 h". */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  const [value, unit] =
    seconds < 120 ? [seconds, 's'] : seconds < 7200 ? [seconds / 60, 'min'] : [seconds / 3600, 'h'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** The name of a workload as a part of a file name: "a/b c" is "a-b-c". Remembers it; one that is taken gets a number. */
export function fileNamePart(workload: string, taken = new Set<string>()): string {
  const part = workload.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'workload';
  let name = part;
  for (let number = 2; taken.has(name); number += 1) name = `${part}-${number}`;
  taken.add(name);
  return name;
}

/** A text cut to a number of characters: a longer one ends in "…". */
export function shortened(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, Math.max(0, characters - 1)).join('')}…`;
}

const significantDigits = 3;
const mostDecimals = 9;

/**
 * How many decimals show a value with three significant digits. Digits before the point are never rounded away:
 * 7123.4 is shown as 7123.
 */
export function decimalsOf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const exponent = Number(value.toExponential(significantDigits - 1).split('e')[1]);
  return Math.min(Math.max(significantDigits - 1 - exponent, 0), mostDecimals);
}

/** "7.12 ms": a figure with three significant digits and its unit. */
export function figureText(figure: number, unit = ''): string {
  const text = figure.toFixed(decimalsOf(figure));
  return unit === '' ? text : `${text} ${unit}`;
}

/** "12.3 ± 0.4": mean and standard deviation over trials, with the decimals of the mean; one trial has no "±". */
export function meanText({ mean, stdev }: Pick<MetricSummary, 'mean' | 'stdev'>): string {
  const decimals = decimalsOf(mean === 0 ? (stdev ?? 0) : mean);
  return stdev === null ? mean.toFixed(decimals) : `${mean.toFixed(decimals)} ± ${stdev.toFixed(decimals)}`;
}

/** "×0.93": a ratio to the baseline; empty without one. */
export function factorText(ratio: number | null): string {
  return ratio === null ? '' : `×${figureText(ratio)}`;
}

/** "[0.921, 0.939]" with the decimals of its centre; empty without an interval. */
export function intervalText(centre: number | null, interval: readonly [number, number] | null): string {
  if (centre === null || interval === null) return '';
  const decimals = decimalsOf(centre);
  return `[${interval[0].toFixed(decimals)}, ${interval[1].toFixed(decimals)}]`;
}

/** "1.23 [1.18, 1.29]"; the figure alone without an interval. */
export function figureWithInterval(figure: number, interval: readonly [number, number] | null): string {
  return `${figureText(figure)} ${intervalText(figure, interval)}`.trimEnd();
}

/** "×1.23 [1.18, 1.29]": ratio to the baseline with its interval; empty when there is no ratio. */
export function ratioText({ ratio, ci95 }: Pick<Comparison, 'ratio' | 'ci95'>): string {
  return ratio === null ? '' : `×${figureWithInterval(ratio, ci95)}`;
}

/** "0.012"; very small ones as "< 0.001", none as nothing. */
export function probabilityText(p: number | null): string {
  if (p === null) return '';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** A sign per verdict, beside its word. */
export const verdictSigns: Readonly<Record<Verdict, string>> = {
  better: '✓',
  worse: '✗',
  same: '≈',
  undecided: '?',
};

/** "ms, lower is better". */
export function directionText({ unit, direction }: Pick<Metric, 'unit' | 'direction'>): string {
  return [unit, `${direction} is better`].filter((part) => part !== '').join(', ');
}
