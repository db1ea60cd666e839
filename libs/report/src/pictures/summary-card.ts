import type { RunFile, Verdict } from '@tare/results';
import { ink, partColours } from '../charts/palette.ts';
import { chartMark } from '../charts/stable-svg.ts';
import { escapeHtml } from '../page/markup.ts';
import { planCard } from './card-plan.ts';
import type { CardFigure, CardPlan, CardRow } from './card-plan.ts';
import { fittingCharacters, shortened, textLines } from './text-lines.ts';

/** The size that GitHub, chats and social networks show whole. */
export const cardSize = { widthPx: 1200, heightPx: 630 } as const;

const marginPx = 56;
const nameWidthPx = 268;
const columnWidthPx = (cardSize.widthPx - 2 * marginPx - nameWidthPx) / 4;
const tableTopPx = 150;
const headingPx = 58;
const mostRowPx = 92;
const mostTablePx = 328;
const lineHeightPx = 27;
const fonts = "'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
const signs: Readonly<Record<Verdict, { readonly sign: string; readonly ink: string; readonly ground: string }>> = {
  better: { sign: '+', ink: '#00573F', ground: '#D3F0E5' },
  worse: { sign: '−', ink: '#8F3600', ground: '#FCE3D2' },
  same: { sign: '=', ink: '#0A4A75', ground: '#DCEBF7' },
  undecided: { sign: '?', ink: '#4A535C', ground: '#E9ECEF' },
}; // prettier-ignore

/**
 * The run on one card as an SVG document of 1200 × 630: up to four environments of a workload with four figures each, their
 * ratios to the baseline and verdicts, and the first sentence of the conclusion. The same run gives the same bytes.
 * @param workload the first measured one by default.
 */
export function summaryCard(run: RunFile, workload?: string): string {
  const plan = planCard(run, workload);
  const { widthPx, heightPx } = cardSize;
  return `<svg ${chartMark} role="img" aria-label="${escapeHtml(spoken(plan))}" xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" font-family="${fonts}">
${[rectangle(0, 0, widthPx, heightPx, ink.ground), header(plan), headings(plan), ...rows(plan), footer(plan)].join('\n')}
</svg>
`;
}

/** The card for those who cannot see it. */
function spoken({ title, host, conclusion }: CardPlan): string {
  return [title, host, conclusion].filter((text) => text !== '').join('. ');
}

function header({ title, host }: CardPlan): string {
  const markX = cardSize.widthPx - marginPx;
  const textWidthPx = cardSize.widthPx - 2 * marginPx - 150;
  return [
    // the mark: a bar of net and tare
    rectangle(markX - 118, 50, 30, 22, partColours.net),
    rectangle(markX - 88, 50, 12, 22, partColours.tare),
    text('tare', markX, 71, { size: 30, weight: 700, anchor: 'end' }),
    text(shortened(title, fittingCharacters(textWidthPx, 38)), marginPx, 76, { size: 38, weight: 700 }),
    text(shortened(host, fittingCharacters(cardSize.widthPx - 2 * marginPx, 20)), marginPx, 114, {
      size: 20,
      fill: ink.faint,
    }),
  ].join('\n');
}

function headings({ headings: all }: CardPlan): string {
  return all
    .map(({ text: heading, better }, column) => {
      const x = marginPx + nameWidthPx + column * columnWidthPx;
      return [
        text(heading, x, tableTopPx + 22, { size: 19, weight: 700 }),
        text(better, x, tableTopPx + 44, { size: 16, fill: ink.faint }),
      ].join('\n');
    })
    .join('\n');
}

function rows(plan: CardPlan): readonly string[] {
  const rowPx = rowHeightPx(plan);
  return plan.rows.map((row, index) => {
    const top = tableTopPx + headingPx + index * rowPx;
    return [
      line(top),
      rectangle(marginPx, top + 14, 8, rowPx - 28, row.colour),
      rowName(row, top, rowPx),
      ...row.figures.map((figure, column) =>
        figureText(figure, row.emulated, marginPx + nameWidthPx + column * columnWidthPx, top, rowPx),
      ),
    ].join('\n');
  });
}

function rowName({ name, note }: CardRow, top: number, rowPx: number): string {
  const x = marginPx + 22;
  const middle = top + rowPx / 2;
  const fitting = fittingCharacters(nameWidthPx - 34, 24);
  return [
    text(shortened(name, fitting), x, note === '' ? middle + 8 : middle - 3, { size: 24, weight: 700 }),
    ...(note === '' ? [] : [text(note, x, middle + 21, { size: 16, fill: ink.faint })]),
  ].join('\n');
}

function figureText(
  { value, ratio, verdict }: CardFigure,
  emulated: boolean,
  x: number,
  top: number,
  rowPx: number,
): string {
  const middle = top + rowPx / 2;
  const fill = emulated ? ink.faint : ink.text;
  if (ratio === '') return text(value, x, middle + 9, { size: 26, fill });
  const parts = [text(value, x, middle - 4, { size: 26, fill })];
  if (verdict === undefined) return [...parts, text(ratio, x, middle + 22, { size: 17, fill: ink.faint })].join('\n');
  const { sign, ink: colour, ground } = signs[verdict];
  const label = `${ratio} ${verdict}`;
  const widthPx = 34 + label.length * 10.4;
  return [
    ...parts,
    rectangle(x - 3, middle + 5, Math.min(widthPx, columnWidthPx - 6), 25, ground, 6),
    text(sign, x + 11, middle + 23, { size: 18, weight: 700, fill: colour, anchor: 'middle' }),
    text(label, x + 25, middle + 23, { size: 16, weight: 700, fill: colour }),
  ].join('\n');
} // prettier-ignore

function footer(plan: CardPlan): string {
  const widthPx = cardSize.widthPx - 2 * marginPx;
  const top = tableTopPx + headingPx + plan.rows.length * rowHeightPx(plan);
  const bottom = cardSize.heightPx - 24;
  const mostLines = Math.floor((bottom - top - (plan.leftOut === '' ? 10 : 36)) / lineHeightPx);
  const lines = textLines(plan.conclusion, fittingCharacters(widthPx, 20), mostLines);
  const leftOut = shortened(plan.leftOut, fittingCharacters(widthPx, 16));
  return [
    line(top),
    ...lines.map((each, index) => text(each, marginPx, top + 36 + index * lineHeightPx, { size: 20 })),
    ...(leftOut === '' ? [] : [text(leftOut, marginPx, bottom, { size: 16, fill: ink.faint })]),
  ].join('\n');
}

function rowHeightPx({ rows: { length } }: CardPlan): number {
  return Math.min(mostRowPx, (mostTablePx - headingPx) / Math.max(1, length));
}

type TextStyle = {
  readonly size: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly anchor?: 'middle' | 'end';
};

function text(content: string, x: number, y: number, { size, weight, fill, anchor }: TextStyle): string {
  const optional = `${weight === undefined ? '' : ` font-weight="${weight}"`}${anchor === undefined ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}"${optional} fill="${fill ?? ink.text}">${escapeHtml(content)}</text>`;
}

function rectangle(
  x: number,
  y: number,
  widthPx: number,
  heightPx: number,
  fill: string,
  radius = 0,
): string {
  const rounded = radius === 0 ? '' : ` rx="${radius}"`;
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(widthPx)}" height="${round(heightPx)}"${rounded} fill="${fill}"/>`;
}

function line(y: number): string {
  return rectangle(marginPx, y, cardSize.widthPx - 2 * marginPx, 1, ink.grid);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
