import { line, text, type Point } from './svg.ts';
import type { Frame } from './theme.ts';

/** A scale of an axis: where a figure lies on it, and its ticks. */
export type Scale = {
  /** The figures at its ends. */
  readonly min: number;
  readonly max: number;
  /** Figures. */
  readonly ticks: readonly number[];
  /** Place along the axis: 0 at `min`, 1 at `max`; beyond them outside of 0 to 1. */
  readonly at: (figure: number) => number;
  readonly textOf: (figure: number) => string;
};

type LinearOptions = {
  /** A figure that the scale begins at or below: 0 where the whole size matters. */
  readonly floor?: number;
  /** Both ends are ticks. */
  readonly isRounded?: boolean;
};

/** A scale without a floor spans at least this share of its level, so that noise alone does not fill it. */
const leastSpan = 0.1;

const roundSteps = [1, 2, 2.5, 5, 10];
const mantissas = [
  [1],
  [1, 3],
  [1, 2, 5],
  [1, 1.5, 2, 3, 5, 7],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
];
/** Beyond this ratio of the largest to the smallest, small figures would lie on top of each other. */
const logFromSpread = 8;
/** Within a factor of 2 a logarithmic axis looks even, and may have even ticks. */
const evenUpToSpread = 2;
const roomShare = 0.06;
/** Of an axis text, with some air. */
const characterPx = 7;

/** A scale that holds all figures: linear, or logarithmic when they spread over more than a factor of 8 and none is 0. */
export function figureScale(figures: readonly number[], wantedTicks: number): Scale {
  const [low, high] = endsOf(figures);
  return low > 0 && high / low > logFromSpread
    ? logScale(figures, wantedTicks)
    : linearScale(figures, wantedTicks);
}

/** A linear scale with a tick at round steps; with a little room beyond the figures, or rounded to whole steps. */
export function linearScale(
  figures: readonly number[],
  wantedTicks: number,
  { floor, isRounded = false }: LinearOptions = {},
): Scale {
  const [smallest, largest] = endsOf(figures);
  const low = floor === undefined ? smallest : Math.min(floor, smallest);
  const high = floor === undefined ? largest : Math.max(floor, largest);
  const centre = (low + high) / 2;
  const span = (floor === undefined ? Math.max(high - low, Math.abs(centre) * leastSpan) : high - low) || 1;
  const [from, to] = floor === undefined ? [centre - span / 2, centre + span / 2] : [low, low + span];
  const magnitude = 10 ** Math.floor(Math.log10(span / wantedTicks));
  const factor = roundSteps.find((each) => each * magnitude * wantedTicks >= span * 0.999) ?? 10;
  const step = Number((factor * magnitude).toPrecision(3));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (factor === 2.5 ? 1 : 0));
  const rounded = (value: number) => Number(value.toPrecision(9));
  const min = isRounded
    ? rounded(Math.floor(from / step + 1e-9) * step)
    : from - (floor === undefined ? span * roomShare : 0);
  const max = isRounded ? rounded(Math.ceil(to / step - 1e-9) * step) : to + span * roomShare;
  const first = Math.ceil(min / step - 1e-9);
  const ticks = Array.from({ length: Math.max(0, Math.floor(max / step + 1e-9) - first + 1) }, (_, place) =>
    rounded((first + place) * step),
  );
  return {
    min,
    max,
    ticks,
    at: (figure) => (figure - min) / (max - min),
    textOf: (figure) => thousands(figure.toFixed(decimals)),
  };
}

/**
 * A logarithmic scale that holds all figures above 0, with as many round ticks as wanted at most.
 * @param lyingPx length of an axis whose texts lie beside each other: ticks that would not leave them room are not made.
 */
export function logScale(figures: readonly number[], wantedTicks: number, lyingPx?: number): Scale {
  const positive = figures.filter((figure) => figure > 0 && Number.isFinite(figure));
  const [low, high] = positive.length === 0 ? [1, 10] : endsOf(positive);
  const [from, to] = [Math.log10(low), Math.log10(Math.max(high, low * 1.05))];
  const room = Math.max((to - from) * roomShare, 0.01);
  const [min, max] = [from - room, to + room];
  const decades = Array.from(
    { length: Math.ceil(max) - Math.floor(min) + 1 },
    (_, place) => Math.floor(min) + place,
  );
  const even =
    high / low < evenUpToSpread
      ? [wantedTicks + 2, wantedTicks, 2].map((wanted) => linearScale([10 ** min, 10 ** max], wanted).ticks)
      : [];
  const candidates = [
    ...[3, 2].map((step) => decades.filter((decade) => decade % step === 0).map((decade) => 10 ** decade)),
    ...mantissas.map((each) => decades.flatMap((decade) => each.map((mantissa) => mantissa * 10 ** decade))),
  ];
  const at = (figure: number) => (Math.log10(Math.max(figure, Number.MIN_VALUE)) - min) / (max - min);
  const textOf = (figure: number) => thousands(String(Number(figure.toPrecision(3))));
  const haveRoom = (ticks: readonly number[]): boolean => {
    if (lyingPx === undefined) return true;
    const neededPx = Math.max(...ticks.map((tick) => textOf(tick).length + 1)) * characterPx;
    return ticks.every(
      (tick, place) => place === 0 || (at(tick) - at(ticks[place - 1] ?? 0)) * lyingPx >= neededPx,
    );
  };
  const ticks = [...even, ...candidates]
    .map((each) => each.filter((tick) => tick > 0 && at(tick) >= 0 && at(tick) <= 1))
    .filter((each) => each.length <= wantedTicks + 1 && haveRoom(each))
    .reduce((best, each) => (each.length >= best.length ? each : best), []);
  return { min: 10 ** min, max: 10 ** max, ticks, at, textOf };
}

/** A scale without labels for a row of things, each 1 wide. */
export function countScale(count: number): Scale {
  return { ...linearScale([0, count], 1), min: 0, max: count, at: (place) => place / count };
}

/** Percentiles from 50 on: each further nine has the same room, log10 of 1 ÷ (1 − p). */
export function percentileScale(lastPercentile: number): Scale {
  const nines = (percentile: number) => -Math.log10(1 - percentile / 100);
  const [min, max] = [nines(50), nines(lastPercentile) + 0.06];
  return {
    min: 50,
    max: 100 * (1 - 10 ** -max),
    ticks: [50, 90, 99, 99.9].filter((tick) => tick <= lastPercentile),
    at: (percentile) => (nines(percentile) - min) / (max - min),
    textOf: (percentile) => `${percentile} %`,
  };
}

/** A figure, or the end of a scale that it lies beyond. */
export function clamped({ min, max }: Pick<Scale, 'min' | 'max'>, figure: number): number {
  return Math.min(Math.max(figure, min), max);
}

function endsOf(figures: readonly number[]): readonly [number, number] {
  const finite = figures.filter(Number.isFinite);
  return finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
}

/** Digits in groups of three with a narrow blank, from five digits on. */
function thousands(text: string): string {
  const [whole = '', ...rest] = text.split('.');
  const grouped = whole.replace('-', '').length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return [grouped, ...rest].join('.');
}

/** The part of a drawing that has the figures. */
export type Area = {
  readonly left: number;
  readonly top: number;
  readonly widthPx: number;
  readonly heightPx: number;
};

/** Where figures lie in an area: x to the right, y upwards. */
export function placesIn({ left, top, widthPx, heightPx }: Area, x: Scale, y: Scale) {
  return (figureX: number, figureY: number): Point => [
    left + x.at(figureX) * widthPx,
    top + (1 - y.at(figureY)) * heightPx,
  ];
}

type AxisOptions = {
  /** A line across the area at each tick. */
  readonly isGrid?: boolean;
  readonly title?: string;
  /** Only lines: another axis below or beside has the texts. */
  readonly isSilent?: boolean;
  /** In place of the text of the scale. */
  readonly textOf?: (figure: number) => string;
};

/** The axis below an area. */
export function xAxis(scale: Scale, { left, top, widthPx, heightPx }: Area, frame: Frame, options: AxisOptions = {}): string {
  const { theme, fontPx } = frame;
  // a text at an end of the drawing stays within it
  const anchorAt = (x: number) =>
    x < fontPx ? ('start' as const) : x > frame.widthPx - fontPx ? ('end' as const) : ('middle' as const);
  const { isGrid = false, title, isSilent = false, textOf = scale.textOf } = options;
  const bottom = top + heightPx;
  const parts = scale.ticks.flatMap((tick) => {
    const x = left + scale.at(tick) * widthPx;
    return [
      ...(isGrid ? [line([x, top], [x, bottom], { stroke: theme.grid })] : []),
      ...(isSilent ? [] : [text([x, bottom + fontPx * 1.2], textOf(tick), { fill: theme.faint, anchor: anchorAt(x), sizePx: fontPx - 1 })]),
    ];
  });
  const base = isGrid ? [] : [line([left, bottom], [left + widthPx, bottom], { stroke: theme.grid })];
  const name = title === undefined ? [] : [text([left + widthPx / 2, bottom + fontPx * 2.8], title, { fill: theme.faint, anchor: 'middle', sizePx: fontPx - 1 })];
  return [...base, ...parts, ...name].join('');
} // prettier-ignore

/** The axis at the left of an area, with a line across it at each tick. */
export function yAxis(scale: Scale, { left, top, widthPx, heightPx }: Area, frame: Frame, options: AxisOptions = {}): string {
  const { theme, fontPx } = frame;
  const { title, textOf = scale.textOf } = options;
  const parts = scale.ticks.flatMap((tick) => {
    const y = top + (1 - scale.at(tick)) * heightPx;
    return [
      line([left, y], [left + widthPx, y], { stroke: theme.grid }),
      text([left - fontPx * 0.7, y], textOf(tick), { fill: theme.faint, anchor: 'end', sizePx: fontPx - 1 }),
    ];
  });
  const name = title === undefined ? [] : [text([fontPx * 0.6, top + heightPx / 2], title, { fill: theme.faint, anchor: 'middle', turn: -90, sizePx: fontPx - 1 })];
  return [...parts, ...name].join('');
} // prettier-ignore

/** Height that an axis below an area takes. */
export function axisPx({ fontPx }: Frame, hasTitle: boolean): number {
  return fontPx * (hasTitle ? 3.8 : 2.2);
}
