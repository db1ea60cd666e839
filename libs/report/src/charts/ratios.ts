import { asDecided, type Comparison } from '@tare/results';
import { boundsText } from '../model/differences.ts';
import { wholeText, verdictText, verdictWords } from '../model/conclusion.ts';
import { robustOf } from '../model/shown-metrics.ts';
import type { Subject } from '../model/subjects.ts';
import {
  counted,
  factorText,
  intervalText,
  listed,
  probabilityText,
  ratioText,
  shortened,
} from '../model/words.ts';
import type { MetricRow } from '../model/workload-model.ts';
import { axisPx, clamped, logScale, xAxis } from '../plot/axes.ts';
import type { Chart, Drawing } from '../plot/chart.ts';
import { circle, fittingCharacters, line, rectangle, text, textWidthPx } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

type Ratio = { readonly subject: Subject; readonly comparison: Comparison & { readonly ratio: number } };

/** An interval that goes further than this beyond all the ratios is cut off at the edge. */
const longestReach = 1.5;
const wantedTicks = 5;

/**
 * The ratios of a metric to the baseline with the intervals that were judged on a logarithmic axis, the band of the margin behind
 * them, the verdict in words beside. Undefined without one that could be judged.
 */
export function ratiosChart(workload: string, { metric, cells }: MetricRow): Chart | undefined {
  const all = cells.flatMap(({ subject, comparison }) => (comparison === undefined ? [] : [{ subject, comparison }]));
  const shown = all.filter(({ subject }) => !subject.emulated);
  const first = shown[0]?.comparison;
  if (first === undefined) return undefined;
  const words = shown.filter(({ comparison }) => comparison.verdict !== null).map(({ comparison }) => verdictWords(comparison));
  return {
    caption: { text: captionOf(shown.map(({ comparison }) => comparison)) },
    words,
    alternative: `${metric.label} of ${workload} as a ratio to ${first.baseline}. ${words.join('. ')}.`,
    table: {
      label: `${workload}: ${metric.label}, ratios`,
      head: ['Environment', 'Verdict', 'Decided at', 'Judged by', 'Ratio judged', 'Interval judged', 'All counted', 'Rounds', 'Ratio by rounds', '95 % interval', '90 % interval', 'Hodges–Lehmann', 'p', 'Could have seen'],
      rows: all.map(({ subject, comparison }) => [
        subject.title,
        verdictText(comparison) || ['none', ...(subject.emulated ? ['emulated'] : subject.failed === undefined ? [] : ['failed'])].join(': '),
        ...judgedCells(comparison),
        wholeText(comparison) || '–',
        String(comparison.n),
        factorText(comparison.ratio),
        intervalText(comparison.ratio, comparison.ci95),
        intervalText(comparison.ratio, comparison.ci90),
        factorText(comparison.hodgesLehmannRatio),
        probabilityText(comparison.p),
        factorText(comparison.minimumDetectableRatio),
      ]),
    },
    draw: (frame) => drawRatios(shown.map(({ subject, comparison }) => ({ subject, comparison: asDecided(comparison) })), first.margin, metric.direction === 'lower', frame),
  };
} // prettier-ignore

function drawRatios(ratios: readonly Ratio[], margin: number, isLowerBetter: boolean, frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const rowPx = fontPx * 3.1;
  const leftPx = Math.min(widthPx * 0.3, Math.max(...ratios.map(({ subject }) => textWidthPx(subject.title, fontPx))) + fontPx * 2);
  const rightPx = fontPx * (ratios.some(({ comparison }) => comparison.verdict === 'undecided') ? 9 : 7);
  const area = { left: leftPx, top: fontPx, widthPx: widthPx - leftPx - rightPx, heightPx: ratios.length * rowPx };
  const factors = ratios.map(({ comparison }) => comparison.ratio);
  const reach = [Math.min(...factors) / longestReach, Math.max(...factors) * longestReach] as const;
  const bounds = [1 / (1 + margin), 1 + margin] as const;
  const ends = ratios.flatMap(({ comparison: { ci95, ratio } }) =>
    ci95 === null ? [ratio] : [Math.max(ci95[0], reach[0]), Math.min(ci95[1], reach[1])],
  );
  const scale = logScale([...ends, ...bounds], wantedTicks, area.widthPx);
  const x = (ratio: number) => area.left + scale.at(clamped(scale, ratio)) * area.widthPx;
  const bottom = area.top + area.heightPx;
  const rows = ratios.map(({ subject, comparison }, place) => {
    const { ratio, ci95, verdict } = comparison;
    const y = area.top + (place + 0.5) * rowPx;
    const colour = verdict === null ? theme.faint : theme[verdict];
    const isSure = verdict !== null && verdict !== 'undecided';
    const right = area.left + area.widthPx + fontPx;
    return [
      text([area.left - fontPx, y], shortened(subject.title, fittingCharacters(leftPx - fontPx, fontPx)), { fill: theme.text, anchor: 'end' }),
      ...(ci95 === null ? [] : [line([x(ci95[0]), y], [x(ci95[1]), y], { stroke: colour, strokePx: 2 })]),
      circle([x(ratio), y], 4.5, { fill: isSure ? colour : theme.ground, stroke: colour, strokePx: 2, tip: tipOf(comparison) }),
      text([right, y - fontPx * 0.65], factorText(ratio), { fill: theme.text }),
      text([right, y + fontPx * 0.65], verdictLabel(comparison), { fill: colour }),
    ].join('');
  });
  const [less, more] = isLowerBetter ? ['← better', 'worse →'] : ['← worse', 'better →'];
  const sidesY = bottom + fontPx * 3;
  return {
    heightPx: bottom + axisPx(frame, true),
    svg: [
      rectangle(x(bounds[0]), area.top, x(bounds[1]) - x(bounds[0]), area.heightPx, { fill: theme.band }),
      line([x(1), area.top], [x(1), bottom], { stroke: theme.faint, dash: [2, 3] }),
      xAxis(scale, area, frame, { textOf: (ratio) => `×${scale.textOf(ratio)}` }),
      text([area.left, sidesY], less, { fill: theme.faint }),
      text([area.left + area.widthPx, sidesY], more, { fill: theme.faint, anchor: 'end' }),
      ...rows,
    ].join(''),
  };
} // prettier-ignore

/** Beside a drawn interval; what is open shows its bounds alone. */
function verdictLabel(comparison: Comparison): string {
  const bounds = comparison.verdict === 'undecided' ? boundsText(comparison) : '';
  return bounds || verdictText(comparison) || 'no verdict';
}

type Judged = Ratio['comparison'];

function captionOf(comparisons: readonly Judged[]): string {
  const [{ baseline = '', margin = 0 } = {}] = comparisons;
  const robust = comparisons.flatMap((each) => (each.look && each.look.by !== 'rounds' ? [judgedBy(each)] : []));
  const intervals = comparisons.some(({ look }) => look) ? 'the intervals that were judged' : '95 % intervals';
  const by = robust.length === 0 ? '' : `, by ${listed([...new Set(robust)])}`;
  return `Ratio to ${baseline}; the band is ± ${Number((margin * 100).toFixed(2))} %, the lines are ${intervals}${by}`;
} // prettier-ignore

/** "rounds", "typical slices", "tare". */
function judgedBy({ look, metric }: Judged): string {
  const { typical, whole } = robustOf(metric);
  return look ? { rounds: 'rounds', typical, whole }[look.by] : '–';
}

/** At how many rounds it was looked at, by what it was judged, and the figures of that. */
function judgedCells(comparison: Judged): readonly string[] {
  const { look } = comparison;
  if (!look) return ['–', '–', '–', '–'];
  const { ratio, ci95 } = asDecided(comparison);
  return [counted(look.rounds, 'round'), judgedBy(comparison), factorText(ratio), intervalText(ratio, ci95)];
}

function tipOf(comparison: Judged): string {
  const { candidate, verdict, n, look } = comparison;
  return [
    `${candidate}: ${ratioText(comparison)}${look && look.by !== 'rounds' ? ` by ${judgedBy(comparison)}` : ''}`,
    counted(n, 'round'),
    ...(look
      ? [`${verdict === 'undecided' ? 'looked at' : 'decided'} after ${counted(look.rounds, 'round')}`]
      : []),
    verdictText(comparison) || 'no verdict',
  ].join(', ');
}
