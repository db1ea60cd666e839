/** A scale of an axis: positions are what ECharts plots, texts what the reader sees. */
export type PageScale = {
  readonly kind: 'linear' | 'log';
  readonly min: number;
  readonly max: number;
  /** Positions of the ticks. */
  readonly ticks: readonly number[];
  readonly positionOf: (figure: number) => number;
  readonly textAt: (position: number) => string;
};

const roundSteps = [1, 2, 2.5, 5, 10];
const logMantissas = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]];
/** Beyond this ratio of the largest to the smallest, small figures would lie on top of each other. */
const logFromSpread = 8;
/** Within a factor of 2 a logarithmic axis looks even, and may have even ticks. */
const evenUpToSpread = 2;
/** Of a digit at the size of axis texts, with some air. */
const characterPx = 7;
const roomShare = 0.06;

/**
 * A scale that holds all figures: linear, or logarithmic when they spread over more than a factor of 8 and none is 0.
 * @param floor a figure that a linear scale must reach: 0 for quantities whose whole size matters.
 */
export function pageScale(figures: readonly number[], wantedTicks: number, floor?: number): PageScale {
  const finite = figures.filter((figure) => Number.isFinite(figure));
  const [low, high] = finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
  if (floor === undefined && low > 0 && high / low > logFromSpread) return logScale(low, high, wantedTicks);
  return linear(floor === undefined ? low : Math.min(low, floor), high, wantedTicks, floor);
}

/**
 * A logarithmic scale; both ends must be greater than 0.
 * @param lyingPx length of an axis whose texts lie beside each other: ticks that would not leave them room are not made.
 */
export function logScale(low: number, high: number, wantedTicks: number, lyingPx?: number): PageScale {
  const [from, to] = [Math.log10(low), Math.log10(Math.max(high, low * 1.05))];
  const room = Math.max((to - from) * roomShare, 0.01);
  const [min, max] = [from - room, to + room];
  const candidates = logMantissas.map((mantissas) =>
    decades(min, max).flatMap((decade) =>
      mantissas
        .map((mantissa) => Math.log10(mantissa) + decade)
        .filter((at) => at >= min - 1e-9 && at <= max + 1e-9),
    ),
  );
  const evens = [wantedTicks + 2, wantedTicks, 2].map((wanted) =>
    linear(10 ** min, 10 ** max, wanted)
      .ticks.filter((tick) => tick > 0)
      .map(Math.log10),
  );
  const hasRoom = (ticks: readonly number[]): boolean => {
    if (lyingPx === undefined) return true;
    const neededPx = Math.max(...ticks.map((at) => tickText(10 ** at).length + 1)) * characterPx;
    const pxPerUnit = lyingPx / (max - min);
    return ticks.every((at, place) => place === 0 || (at - (ticks[place - 1] ?? 0)) * pxPerUnit >= neededPx);
  };
  const ticks = [...(high / low < evenUpToSpread ? evens : []), ...candidates]
    .map((each) => each.filter((at) => at >= min && at <= max))
    .filter((each) => each.length <= wantedTicks + 1 && hasRoom(each))
    .reduce((best, each) => (each.length >= best.length ? each : best), []);
  return {
    kind: 'log',
    min,
    max,
    ticks,
    positionOf: (figure) => Math.log10(Math.max(figure, Number.MIN_VALUE)),
    textAt: (position) => tickText(10 ** position),
  };
}

function linear(low: number, high: number, wantedTicks: number, floor?: number): PageScale {
  const reach = high > low ? high - low : Math.abs(high) * 0.1 || 1;
  const [from, to] = high > low ? [low, high] : [low - reach / 2, high + reach / 2];
  const magnitude = 10 ** Math.floor(Math.log10(reach / wantedTicks));
  const factor = roundSteps.find((each) => each * magnitude * wantedTicks >= reach) ?? 10;
  const step = factor * magnitude;
  const min = floor === undefined ? from - reach * roomShare : Math.min(floor, from);
  const max = to + reach * roomShare;
  const first = Math.ceil(min / step - 1e-9);
  const ticks = Array.from({ length: Math.max(0, Math.floor(max / step + 1e-9) - first + 1) }, (_, place) =>
    Number(((first + place) * step).toPrecision(9)),
  );
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (factor === 2.5 ? 1 : 0));
  return {
    kind: 'linear',
    min,
    max,
    ticks,
    positionOf: (figure) => figure,
    textAt: (position) => thousands(position.toFixed(decimals)),
  };
}

function decades(min: number, max: number): readonly number[] {
  const first = Math.floor(min);
  return Array.from({ length: Math.ceil(max) - first + 1 }, (_, place) => first + place);
}

function tickText(figure: number): string {
  return thousands(String(Number(figure.toPrecision(3))));
}

/** Digits in groups of three with a narrow blank, from five digits on. */
function thousands(text: string): string {
  const [whole = '', ...rest] = text.split('.');
  const grouped = whole.replace('-', '').length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return [grouped, ...rest].join('.');
}
