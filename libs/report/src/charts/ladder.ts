import type { Isolation } from '@tare/results';
import {
  isolationCells,
  isolationHead,
  ladderColumns,
  missingWords,
  type Ladder,
  type LadderCell,
  type Rung,
  type WorkloadLadder,
} from '../model/ladder.ts';
import { isHatched } from '../model/subjects.ts';
import { shortened, verdictSigns } from '../model/words.ts';
import { axisPx, clamped, linearScale, logScale, xAxis, type Area, type Scale } from '../plot/axes.ts';
import type { Chart, Drawing } from '../plot/chart.ts';
import { circle, fittingCharacters, line, polygon, rectangle, text, textWidthPx } from '../plot/svg.ts';
import type { Frame } from '../plot/theme.ts';

/** A small chart of the ladder: one figure of all rungs. */
type Panel = {
  readonly title: string;
  readonly cell: (rung: Rung) => LadderCell;
  /** Ratios to the baseline, whose own row has the figure; else the figures themselves. */
  readonly isRatio: boolean;
  /** From nothing: a line goes from 0 to the figure. */
  readonly hasStem?: true;
  /** Figures per unit of the axis; 1 by default. */
  readonly perUnit?: number;
  readonly scaleOf: (rungs: readonly Rung[], lyingPx: number) => Scale;
};

/** An interval that goes further than this beyond all the figures is cut off at the edge. */
const longestReach = 1.5;
const wantedTicks = 3;
/** A plot on a phone: it has room for two ticks. */
const narrowPx = 80;
const msPerSecond = 1000;

const panels: readonly Panel[] = [
  {
    title: 'Startup, s (log)',
    cell: ({ startup }) => startup,
    isRatio: false,
    perUnit: msPerSecond,
    scaleOf: (rungs, lyingPx) => {
      const ends = endsOf(rungs.map(({ startup }) => estimateOf(startup)));
      return logScale(ends.map((end) => end / msPerSecond), wantedTicks, lyingPx);
    },
  },
  {
    title: 'Memory tare, MiB',
    cell: ({ tare }) => tare,
    isRatio: false,
    hasStem: true,
    scaleOf: (rungs, lyingPx) => {
      const tares = judgedOf(rungs).flatMap(({ tare }) => tare.figure ?? []);
      return linearScale([1, ...tares], lyingPx < narrowPx ? 1 : 2, { floor: 0, isRounded: true });
    },
  },
  ratioPanel('Throughput, ratio', ({ throughput }) => throughput),
  ratioPanel('Latency p95, ratio', ({ latency }) => latency),
]; // prettier-ignore

function ratioPanel(title: string, cell: Panel['cell']): Panel {
  return {
    title,
    cell,
    isRatio: true,
    scaleOf: (rungs, lyingPx) => {
      const ends = endsOf(judgedOf(rungs).map((rung) => ratioOf(cell(rung))));
      return logScale([1, ...bandOf(rungs.map(cell)), ...ends], wantedTicks, lyingPx);
    },
  };
}

/** What would flatten the others has no part in a scale: it is marked at its edge. */
function judgedOf(rungs: readonly Rung[]): readonly Rung[] {
  return rungs.filter(({ subject }) => !subject.emulated);
}

type Estimate = { readonly figure: number; readonly ci95: readonly [number, number] | null };

function estimateOf({ figure, ci95 }: LadderCell): Estimate | undefined {
  return figure === undefined ? undefined : { figure, ci95 };
}

function ratioOf({ comparison }: LadderCell): Estimate | undefined {
  return comparison === undefined ? undefined : { figure: comparison.ratio, ci95: comparison.ci95 };
}

/** The figures, and their intervals as far as they may reach. */
function endsOf(estimates: readonly (Estimate | undefined)[]): readonly number[] {
  const known = estimates.filter((each) => each !== undefined);
  const figures = known.map(({ figure }) => figure).filter((figure) => figure > 0);
  if (figures.length === 0) return [1];
  const [low, high] = [Math.min(...figures) / longestReach, Math.max(...figures) * longestReach];
  const intervals = known.flatMap(({ ci95 }) => (ci95 === null ? [] : [Math.max(ci95[0], low), Math.min(ci95[1], high)]));
  return [...figures, ...intervals];
} // prettier-ignore

/** Within which a difference does not matter; the same for all of a metric. */
function bandOf(cells: readonly LadderCell[]): readonly number[] {
  const margin = cells.flatMap(({ comparison }) => comparison?.margin ?? [])[0];
  return margin === undefined ? [] : [1 / (1 + margin), 1 + margin];
}

/**
 * The ladder of a workload: its rungs below each other, from the least isolation to the most, with startup, memory tare,
 * throughput and p95 beside each other; at its end what could not be measured, and why.
 */
export function ladderChart(ladder: WorkloadLadder, missing: Ladder['missing']): Chart {
  const { workload, rungs, baseline } = ladder;
  const spoken = rungs.map((rung) =>
    [
      `${rung.subject.title}: startup ${rung.startup.text}, memory tare ${rung.tare.text}`,
      ...(rung.throughput.factor === '' ? [] : [`throughput ${rung.throughput.factor}`]),
      ...(rung.latency.factor === '' ? [] : [`latency p95 ${rung.latency.factor}`]),
    ].join(', '),
  );
  return {
    caption: {
      heading: workload,
      text: `dots with their intervals; ratios to ${baseline}, inside the band a difference does not matter; ✓ better, ✗ worse, ≈ same, ? open; hollow: open, or not judged`,
    },
    alternative: `The ladder of isolation of ${workload}. ${[...spoken, ...missing.map(missingWords)].join('. ')}.`,
    table: {
      label: `${workload}: the ladder of isolation`,
      head: ['Environment', ...ladderColumns.map(({ title }) => title), ...isolationHead],
      rows: [
        ...rungs.map((rung) => [
          rung.subject.title,
          ...ladderColumns.map(({ of }) => [rung[of].fullText, rung[of].ratioWords].filter(Boolean).join('; ')),
          ...isolationCells(rung.isolation),
        ]),
        ...missing.map(({ name, statusText, reason }) => [name, `${statusText}: ${reason}`]),
      ],
    },
    acrossPx: 960,
    draw: (frame) => drawLadder(rungs, missing, frame),
  };
} // prettier-ignore

/** From this width on all panels lie beside each other; else two, and the others below. */
const acrossFromPx = 640;
/** The letters of a page on a phone are larger than its drawings say. */
const largestLetters = 1.14;

function drawLadder(rungs: readonly Rung[], missing: Ladder['missing'], frame: Frame): Drawing {
  const isAcross = frame.widthPx >= acrossFromPx;
  const perRow = isAcross ? panels.length : 2;
  const letterPx = frame.fontPx * (isAcross ? 1 : largestLetters);
  const rows = panels.flatMap((_, place) => (place % perRow === 0 ? [panels.slice(place, place + perRow)] : []));
  const drawn = rows.map((each) => drawPanels(each, rungs, letterPx, frame));
  const offsets = drawn.map((_, place) => drawn.slice(0, place).reduce((sum, { heightPx }) => sum + heightPx, 0));
  const bodyPx = drawn.reduce((sum, { heightPx }) => sum + heightPx, 0);
  const listPx = frame.fontPx * 1.7;
  const list = missing.map((each, place) =>
    text([0, bodyPx + (place + 0.6) * listPx], shortened(missingWords(each), fittingCharacters(frame.widthPx, letterPx)), { fill: frame.theme.faint }),
  );
  return {
    heightPx: bodyPx + missing.length * listPx,
    svg: [...drawn.map(({ svg }, place) => `<g transform="translate(0 ${Math.round(offsets[place] ?? 0)})">${svg}</g>`), ...list].join(''),
  };
} // prettier-ignore

const groupTitles: Readonly<Record<Isolation['kernel'], string>> = {
  host: 'host’s kernel',
  'user space': 'user-space kernel',
  guest: 'guest’s kernel',
};

/** The rungs as lines of the drawing: before the first of another kernel a heading, where there is more than one. */
function linesOf(rungs: readonly Rung[]): readonly (Rung | string)[] {
  const kernels = new Set(rungs.map(({ isolation }) => isolation.kernel));
  return rungs.flatMap((rung, place) => {
    const isFirst = rungs[place - 1]?.isolation.kernel !== rung.isolation.kernel;
    return isFirst && kernels.size > 1 ? [groupTitles[rung.isolation.kernel], rung] : [rung];
  });
}

/** In letters: what the value beside a plot takes, its verdict with it, and that alone. */
const valueLetters = 6;
const signLetters = 1.2;

function drawPanels(shown: readonly Panel[], rungs: readonly Rung[], letterPx: number, frame: Frame): Drawing {
  const { widthPx, fontPx, theme } = frame;
  const [rowPx, topPx, gapPx] = [fontPx * 2, fontPx * 2, letterPx * (shown.length > 2 ? 1.6 : 1)];
  const labelPx = Math.min(widthPx / 3, Math.max(...rungs.map(({ subject }) => textWidthPx(subject.title, letterPx))) + fontPx / 2);
  const panelPx = (widthPx - labelPx) / shown.length;
  const lines = linesOf(rungs);
  const heightPx = lines.length * rowPx;
  const y = (place: number) => topPx + (place + 0.5) * rowPx;
  const labels = lines.map((each, place) =>
    typeof each === 'string'
      ? text([0, y(place)], each, { fill: theme.faint })
      : text([0, y(place)], shortened(each.subject.title, fittingCharacters(labelPx, letterPx, 0.5)), { fill: theme.text }),
  );
  const drawn = shown.map((panel, column) => {
    const left = labelPx + column * panelPx + gapPx;
    const area = { left, top: topPx, widthPx: panelPx - gapPx - letterPx * valueLetters, heightPx };
    const scale = panel.scaleOf(rungs, area.widthPx);
    return [
      text([left, topPx - fontPx], panel.title, { fill: theme.text }),
      ...(panel.isRatio ? [bandAt(bandOf(rungs.map(panel.cell)), area, scale, frame)] : []),
      xAxis(scale, area, frame, { isGrid: !panel.isRatio, textOf: (figure) => `${panel.isRatio ? '×' : ''}${scale.textOf(figure)}` }),
      ...lines.map((each, place) =>
        typeof each === 'string' ? '' : drawRung(panel, each, { y: y(place), area, scale, right: left + panelPx - gapPx, letterPx }, frame),
      ),
    ].join('');
  });
  return { heightPx: topPx + heightPx + axisPx(frame, false) + fontPx, svg: [...labels, ...drawn].join('') };
} // prettier-ignore

/** The band of differences that do not matter, and the line of no difference. */
function bandAt([low, high]: readonly number[], { left, top, widthPx, heightPx }: Area, scale: Scale, { theme }: Frame): string {
  const x = (figure: number) => left + scale.at(figure) * widthPx;
  return [
    ...(low === undefined || high === undefined ? [] : [rectangle(x(low), top, x(high) - x(low), heightPx, { fill: theme.band })]),
    line([x(1), top], [x(1), top + heightPx], { stroke: theme.faint, dash: [2, 3] }),
  ].join('');
} // prettier-ignore

type RowPlace = {
  readonly y: number;
  readonly area: Area;
  readonly scale: Scale;
  /** Where the sign of the verdict ends. */
  readonly right: number;
  readonly letterPx: number;
};

function drawRung(panel: Panel, rung: Rung, { y, area, scale, right, letterPx }: RowPlace, { theme }: Frame): string {
  const { subject } = rung;
  const cell = panel.cell(rung);
  const { verdict } = cell;
  const isOwn = !panel.isRatio || subject.isBaseline;
  const colour = verdict === undefined ? (subject.isBaseline ? theme.text : theme.faint) : theme[verdict];
  const value = isOwn ? cell.text.replace(' MiB', '').replace(' req/s', '/s') : cell.factor || cell.text;
  const values = [
    text([right - letterPx * signLetters, y], value, { fill: isHatched(subject) ? theme.faint : theme.text, anchor: 'end', halo: theme.ground }),
    ...(verdict === undefined ? [] : [text([right, y], verdictSigns[verdict], { fill: colour, anchor: 'end', isBold: true })]),
  ];
  const base = cell.figure === undefined ? undefined : { figure: 1, ci95: null };
  const estimate = !panel.isRatio ? estimateOf(cell) : subject.isBaseline ? base : ratioOf(cell);
  if (estimate === undefined) return values.join('');
  const at = (figure: number) => area.left + scale.at(clamped(scale, figure)) * area.widthPx;
  const { perUnit = 1 } = panel;
  const figure = estimate.figure / perUnit;
  const ends = estimate.ci95?.map((end) => at(end / perUnit)) ?? [];
  const [from = 0, to = 0] = ends;
  const isBeyond = figure < scale.min || figure > scale.max;
  const words = isOwn ? [cell.fullText, cell.ratioWords].filter(Boolean).join(', ') : cell.ratioWords;
  const tip = `${subject.title}: ${words}`;
  return [
    ...(panel.hasStem === true ? [line([at(0), y], [at(figure), y], { stroke: colour, strokePx: 3, opacity: 0.5 })] : []),
    ...(ends.length === 0 || isBeyond ? [] : [line([from, y], [to, y], { stroke: colour, strokePx: 2 })]),
    isBeyond
      ? arrow(at(figure), y, figure > scale.max ? 1 : -1, colour, tip)
      : circle([at(figure), y], 4, { fill: isSure(cell, rung) ? colour : theme.ground, stroke: colour, strokePx: 1.6, tip }),
    ...values,
  ].join('');
} // prettier-ignore

function isSure({ verdict }: LadderCell, { subject }: Rung): boolean {
  return subject.isBaseline || (verdict !== undefined && verdict !== 'undecided');
}

/** It lies beyond the edge, on this side. */
function arrow(x: number, y: number, side: 1 | -1, colour: string, tip: string): string {
  return polygon([[x + side * 2, y], [x - side * 6, y - 4.5], [x - side * 6, y + 4.5]], { fill: colour, tip });
} // prettier-ignore
