import { circle, escapeXml, line, rectangle, text, textWidthPx } from './svg.ts';
import { colourVariable, ink, pictureFrame, type Frame, type Theme } from './theme.ts';

/** What a chart draws, from its top left corner. */
export type Drawing = { readonly heightPx: number; readonly svg: string };

/** Rows of texts; the first of each names it. */
export type DataTable = {
  /** What it shows; unique on the page, for those who jump from region to region. */
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** What a colour or a line stands for. */
export type LegendEntry = {
  readonly title: string;
  /** Of an environment; none for what all environments have. */
  readonly colour?: number;
  readonly kind?: 'line' | 'dashed' | 'thin' | 'full' | 'pale' | 'open';
};

/** A chart: what it shows in words and figures, and how it is drawn, on the page and in a picture. */
export type Chart = {
  /** A heading and what belongs to it, above the chart. */
  readonly caption: { readonly heading?: string; readonly text: string };
  readonly legend?: readonly LegendEntry[];
  /** What the chart shows, for those who cannot see it. */
  readonly alternative: string;
  readonly table: DataTable;
  /** What the chart says, below it. */
  readonly words?: readonly string[];
  /** It stands alone, with its table open beside it where there is room. */
  readonly isWide?: true;
  /** What it is drawn in where there is more room than a phone has: across a page, and in a picture. */
  readonly acrossPx?: number;
  readonly draw: (frame: Frame) => Drawing;
};

/** A chart as a file. */
export type Picture = {
  readonly fileName: string;
  readonly title: string;
  readonly svg: string;
};

/** Tells our own pictures from others in the same folder. */
export const pictureMark = 'data-source="tare-report"';

const marginPx = 20;
export const pictureFonts = "'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** A chart as an SVG document with a heading of its own. The same chart gives the same bytes. */
export function pictureOf(
  chart: Pick<Chart, 'legend' | 'draw' | 'alternative' | 'acrossPx'>,
  { title, notes }: { readonly title: string; readonly notes: readonly string[] },
): string {
  const frame = { ...pictureFrame, widthPx: chart.acrossPx ?? pictureFrame.widthPx };
  const widthPx = frame.widthPx + 2 * marginPx;
  const heading = [
    text([marginPx, 25], title, { fill: ink.text, sizePx: 17, isBold: true }),
    ...notes.map((note, place) => text([marginPx, 50 + place * 17], note, { fill: ink.faint, sizePx: 12 })),
  ];
  const legendTop = 50 + notes.length * 17 + 4;
  const legend = legendSvg(chart.legend ?? [], legendTop, frame);
  const top = legendTop + legend.heightPx + 6;
  const { svg, heightPx: bodyPx } = chart.draw(frame);
  const heightPx = Math.ceil(top + bodyPx + marginPx / 2);
  return `<svg ${pictureMark} role="img" aria-label="${escapeXml(chart.alternative)}" xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" font-family="${pictureFonts}" font-size="${frame.fontPx}">
${rectangle(0, 0, widthPx, heightPx, { fill: ink.ground })}${heading.join('')}${legend.svg}<g transform="translate(${marginPx} ${top})">${svg.replace(/ data-t="[^"]*"/g, '')}</g>
</svg>
`;
}

/** A legend on as many lines as it takes. */
function legendSvg(entries: readonly LegendEntry[], top: number, { theme, widthPx, fontPx }: Frame): Drawing {
  const rowPx = 20;
  let [x, row] = [marginPx, 0];
  const parts = entries.map((entry) => {
    const keyPx = isArea(entry.kind) ? 20 : 34;
    const entryPx = keyPx + textWidthPx(entry.title, fontPx) + 20;
    if (x > marginPx && x + entryPx > marginPx + widthPx) [x, row] = [marginPx, row + 1];
    const [left, y] = [x, top + row * rowPx + rowPx / 2];
    x += entryPx;
    return keySvg(entry, left, y, theme) + text([left + keyPx, y], entry.title, { fill: theme.text });
  });
  return { heightPx: entries.length === 0 ? 0 : (row + 1) * rowPx, svg: parts.join('') };
}

/** Of a part of a bar, not of a line. */
function isArea(kind: LegendEntry['kind']): boolean {
  return kind === 'full' || kind === 'pale' || kind === 'open';
}

function keySvg({ colour, kind = 'line' }: LegendEntry, x: number, y: number, theme: Theme): string {
  const ofEntry = colour === undefined ? theme.text : theme.environment(colour);
  if (isArea(kind)) {
    const stroke = colour === undefined ? theme.faint : ofEntry;
    return [
      ...(kind === 'open'
        ? []
        : [rectangle(x, y - 6, 12, 12, { fill: stroke, opacity: kind === 'pale' ? paleOpacity : 1 })]),
      ...(kind !== 'full' ? [rectangle(x, y - 6, 12, 12, { fill: 'none', stroke })] : []),
    ].join('');
  }
  const look = { stroke: kind === 'thin' ? theme.faint : ofEntry, strokePx: kind === 'thin' ? 0.8 : 2 };
  return [
    line([x, y], [x + 26, y], kind === 'dashed' ? { ...look, dash: dashes } : look),
    ...(kind === 'thin' || colour === undefined ? [] : [circle([x + 13, y], 3.5, { fill: ofEntry })]),
  ].join('');
}

/** Of lines whose environment gets no verdict, and of gross beside net. */
export const dashes = [5, 4] as const;
/** Of the part of a bar that is tare. */
export const paleOpacity = 0.35;

/** The look of a legend's key on the page, where it is HTML: class and colour. */
export function keyStyle({ colour, kind = 'line' }: LegendEntry): { readonly classes: string; readonly style: string } {
  const variable = colour === undefined ? (isArea(kind) ? 'faint' : 'text') : colourVariable(colour);
  return { classes: kind === 'line' ? 'key' : `key ${kind}`, style: `--c:var(--${variable})` };
} // prettier-ignore
