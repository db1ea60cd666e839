import type { Verdict } from '@tare/results';
import type { ReportModel } from '../model/report-model.ts';
import { shownAs } from '../model/shown-metrics.ts';
import { boundsText } from '../model/differences.ts';
import { isHatched, type Subject } from '../model/subjects.ts';
import { counted, figureText, shortened, wordsOf } from '../model/words.ts';
import type { MetricRow } from '../model/workload-model.ts';
import { pictureFonts, pictureMark } from '../plot/chart.ts';
import { escapeXml, fittingCharacters, rectangle, text, type TextLook } from '../plot/svg.ts';
import { environmentColours, ink, pictureFrame } from '../plot/theme.ts';

type CardFigure = {
  /** "83.5 ms"; "–" where there is none. */
  readonly value: string;
  /** "×1.15"; empty for the baseline. */
  readonly ratio: string;
  /** undefined where nothing was to be decided. */
  readonly verdict: Verdict | undefined;
  /** "×1.15 worse"; the bounds alone of what is open. */
  readonly words: string;
};

type CardRow = {
  readonly name: string;
  /** Of the environment, as in the charts. */
  readonly colour: string;
  /** "baseline", "emulated, not judged", or nothing. */
  readonly note: string;
  readonly isPale: boolean;
  readonly figures: readonly CardFigure[];
};

/** What the card says: everything but the drawing. */
type CardPlan = {
  readonly title: string;
  readonly host: string;
  /** Headings of the figures: what, and which side is better. */
  readonly headings: readonly { readonly text: string; readonly better: string }[];
  readonly rows: readonly CardRow[];
  /** What is concluded of each environment. */
  readonly conclusion: readonly string[];
  /** The other workloads; empty without any. */
  readonly leftOut: string;
};

/** What the card says of the first measured workload. */
export function planCard(report: ReportModel): CardPlan {
  const { started, host, rounds, partial } = report;
  const [workload, ...rest] = report.workloads;
  const { subjects = [], rows = [] } = workload ?? {};
  const workloads = rest.map(({ name }) => name);
  const headlines = rows.filter(({ metric }) => shownAs(metric.key).card !== undefined);
  return {
    title: `${workload?.name ?? 'nothing measured'}: what its environment costs`,
    host: [
      ...(partial === undefined ? [] : ['PARTIAL RUN']),
      started.slice(0, 10),
      host.cpuModel,
      counted(host.cores, 'core'),
      counted(rounds, 'round'),
    ].join(' · '),
    headings: headlines.map(({ metric }) => ({
      text: shownAs(metric.key).card ?? '',
      better: `${metric.direction} is better`,
    })),
    rows: subjects.map((subject) => rowOf(subject, headlines)),
    conclusion: (workload?.conclusion ?? []).filter(({ isNote }) => !isNote).map(({ short }) => short),
    leftOut:
      workloads.length === 0
        ? ''
        : `other ${workloads.length === 1 ? 'workload' : 'workloads'}: ${workloads.join(', ')}`,
  };
}

function rowOf(subject: Subject, headlines: readonly MetricRow[]): CardRow {
  const { name, isBaseline, emulated, failed, colour } = subject;
  const note = failed !== undefined ? 'failed, not judged' : emulated ? 'emulated, not judged' : '';
  return {
    name,
    colour: pictureFrame.theme.environment(colour),
    note: note === '' && isBaseline ? 'baseline' : note,
    isPale: isHatched(subject),
    figures: headlines.map(({ metric, cells }): CardFigure => {
      const { summary, comparison, factor: ratio = '', verdict } = cells.find((cell) => cell.subject === subject) ?? {};
      if (summary === undefined) return { value: '–', ratio: '', verdict: undefined, words: '' };
      const bounds = comparison?.verdict === 'undecided' ? boundsText(comparison) : '';
      return { value: figureText(summary.mean, metric.unit), ratio, verdict, words: bounds || `${ratio} ${verdict === 'undecided' ? 'open' : (verdict ?? '')}`.trim() };
    }),
  };
} // prettier-ignore

/** The size that GitHub, chats and social networks show whole. */
const cardSize = { widthPx: 1200, heightPx: 630 } as const;

const marginPx = 56;
const nameWidthPx = 268;
const innerPx = cardSize.widthPx - 2 * marginPx;
const columnWidthPx = (innerPx - nameWidthPx) / 4;
const tableTopPx = 150;
const headingPx = 58;
const mostRowPx = 92;
const leastRowPx = 63;
const mostTablePx = 328;
const looks: Readonly<Record<Verdict, { readonly sign: string; readonly ink: string; readonly ground: string }>> = {
  better: { sign: '+', ink: '#00573F', ground: '#D3F0E5' },
  worse: { sign: '−', ink: '#8F3600', ground: '#FCE3D2' },
  same: { sign: '=', ink: '#0A4A75', ground: '#DCEBF7' },
  undecided: { sign: '?', ink: '#4A535C', ground: '#E9ECEF' },
}; // prettier-ignore

/** A bar of net and tare. */
const mark = { net: environmentColours[0], tare: environmentColours[1] } as const;

/**
 * The run on one card as an SVG document of 1200 × 630: every environment of a workload with four figures, their ratios to
 * the baseline and verdicts, and what is concluded of it: the card grows where that takes more than its size. The same run gives the same bytes.
 */
export function summaryCard(report: ReportModel): string {
  const plan = planCard(report);
  const { widthPx } = cardSize;
  const heightPx = Math.max(
    cardSize.heightPx,
    Math.ceil(footerTopPx(plan) + footerHeightPx(plan, conclusionLook(plan)) + bottomPx),
  );
  return `<svg ${pictureMark} role="img" aria-label="${escapeXml(spoken(plan))}" xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" font-family="${pictureFonts}">
${[rectangle(0, 0, widthPx, heightPx, { fill: ink.ground }), header(plan), headings(plan), ...rows(plan), footer(plan, heightPx)].join('\n')}
</svg>
`;
}

/** The card for those who cannot see it. */
function spoken({ title, host, conclusion }: CardPlan): string {
  return [title, host, ...conclusion.map((each) => each.replace(/\.$/, ''))]
    .filter((text) => text !== '')
    .join('. ');
}

function header({ title, host }: CardPlan): string {
  const markX = cardSize.widthPx - marginPx;
  return [
    rectangle(markX - 118, 50, 30, 22, { fill: mark.net }),
    rectangle(markX - 88, 50, 12, 22, { fill: mark.tare }),
    label('tare', markX, 71, { size: 30, weight: 700, anchor: 'end' }),
    label(shortened(title, fittingCharacters(innerPx - 150, 38, 0.6)), marginPx, 76, {
      size: 38,
      weight: 700,
    }),
    label(shortened(host, fittingCharacters(innerPx, 20, 0.6)), marginPx, 114, { size: 20, fill: ink.faint }),
  ].join('\n');
}

function headings({ headings: all }: CardPlan): string {
  const labels = all.flatMap(({ text: heading, better }, column) => {
    const x = columnX(column);
    return [
      label(heading, x, tableTopPx + 22, { size: 19, weight: 700 }),
      label(better, x, tableTopPx + 44, { size: 16, fill: ink.faint }),
    ];
  });
  return labels.join('\n');
}

function columnX(column: number): number {
  return marginPx + nameWidthPx + column * columnWidthPx;
}

function rows(plan: CardPlan): readonly string[] {
  const rowPx = rowHeightPx(plan);
  return plan.rows.map((row, index) => {
    const top = tableTopPx + headingPx + index * rowPx;
    return [
      line(top),
      rectangle(marginPx, top + 14, 8, rowPx - 28, { fill: row.colour }),
      rowName(row, top, rowPx),
      ...row.figures.map((figure, column) => figureSvg(figure, row.isPale, columnX(column), top + rowPx / 2)),
    ].join('\n');
  });
}

function rowName({ name, note }: CardRow, top: number, rowPx: number): string {
  const x = marginPx + 22;
  const middle = top + rowPx / 2;
  const fitting = fittingCharacters(nameWidthPx - 34, 24, 0.6);
  return [
    label(shortened(name, fitting), x, note === '' ? middle + 8 : middle - 3, { size: 24, weight: 700 }),
    ...(note === '' ? [] : [label(note, x, middle + 21, { size: 16, fill: ink.faint })]),
  ].join('\n');
}

function figureSvg({ value, ratio, verdict, words }: CardFigure, isPale: boolean, x: number, middle: number): string {
  const fill = isPale ? ink.faint : ink.text;
  if (ratio === '') return label(value, x, middle + 9, { size: 26, fill });
  const parts = [label(value, x, middle - 4, { size: 26, fill })];
  if (verdict === undefined) return [...parts, label(ratio, x, middle + 22, { size: 17, fill: ink.faint })].join('\n');
  const { sign, ink: colour, ground } = looks[verdict];
  const widthPx = 34 + words.length * 10.4;
  return [
    ...parts,
    rectangle(x - 3, middle + 5, Math.min(widthPx, columnWidthPx - 6), 25, { fill: ground, radiusPx: 6 }),
    label(sign, x + 11, middle + 23, { size: 18, weight: 700, fill: colour, anchor: 'middle' }),
    label(words, x + 25, middle + 23, { size: 16, weight: 700, fill: colour }),
  ].join('\n');
} // prettier-ignore

const bottomPx = 24;
const conclusionSizesPx = [20, 19, 18, 17, 16, 15] as const;
const smallestPx = 15;

function footerTopPx(plan: CardPlan): number {
  return tableTopPx + headingPx + plan.rows.length * rowHeightPx(plan);
}

/** The conclusion as it is written: each environment begins a line. */
type ConclusionLook = { readonly sizePx: number; readonly lines: readonly string[] };

/** In the largest letters with which everything fits; in the smallest where nothing does, and the card grows. */
function conclusionLook(plan: CardPlan): ConclusionLook {
  const looks = conclusionSizesPx.map((sizePx) => linesOf(plan, sizePx));
  const roomPx = cardSize.heightPx - bottomPx - footerTopPx(plan);
  return looks.find((look) => footerHeightPx(plan, look) <= roomPx) ?? linesOf(plan, smallestPx);
}

function linesOf({ conclusion }: CardPlan, sizePx: number): ConclusionLook {
  const fitting = fittingCharacters(innerPx, sizePx, letterShare);
  return { sizePx, lines: conclusion.flatMap((each) => textLines(each, fitting)) };
}

/** Width of a letter as a share of its size, on the safe side. */
const letterShare = 0.56;

function linePx({ sizePx }: ConclusionLook): number {
  return sizePx * 1.35;
}

function footerHeightPx({ leftOut }: CardPlan, look: ConclusionLook): number {
  return 14 + look.lines.length * linePx(look) + (leftOut === '' ? 0 : 26);
}

function footer(plan: CardPlan, heightPx: number): string {
  const top = footerTopPx(plan);
  const look = conclusionLook(plan);
  const leftOut = shortened(plan.leftOut, fittingCharacters(innerPx, 16, 0.6));
  return [
    line(top),
    ...look.lines.map((each, index) => label(each, marginPx, top + 12 + (index + 0.8) * linePx(look), { size: look.sizePx })),
    ...(leftOut === '' ? [] : [label(leftOut, marginPx, heightPx - bottomPx, { size: 16, fill: ink.faint })]),
  ].join('\n');
} // prettier-ignore

/** Rows give way to each other and to a long conclusion as far as their figures can be read; then the card grows. */
function rowHeightPx(plan: CardPlan): number {
  const count = Math.max(1, plan.rows.length);
  const wantedPx = Math.min(mostRowPx, Math.max(leastRowPx, (mostTablePx - headingPx) / count));
  const conclusionPx = footerHeightPx(plan, linesOf(plan, smallestPx));
  const roomPx = cardSize.heightPx - bottomPx - conclusionPx - tableTopPx - headingPx;
  return Math.max(leastRowPx, Math.min(wantedPx, roomPx / count));
}

type LabelLook = Partial<Pick<TextLook, 'fill' | 'anchor'>> & {
  readonly size: number;
  readonly weight?: number;
};

/** A text whose baseline is at y. */
function label(content: string, x: number, y: number, { size, weight, fill = ink.text, ...look }: LabelLook): string {
  return text([x, y - size * 0.35], content, { ...look, fill, sizePx: size, isBold: weight !== undefined });
} // prettier-ignore

function line(y: number): string {
  return rectangle(marginPx, y, innerPx, 1, { fill: ink.grid });
}

/** A text in lines of at most `characters`, broken between words; a longer word is broken anywhere. Nothing is left out. */
export function textLines(text: string, characters: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`;
    const fits = [...longer].length <= characters;
    if (!fits && line !== '') lines.push(line);
    const rest = [...(fits ? longer : word)];
    while (rest.length > characters) lines.push(rest.splice(0, characters).join(''));
    line = rest.join('');
  }
  return line === '' ? lines : [...lines, line];
}
