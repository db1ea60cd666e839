import type { Fact, Words } from '../model/record.ts';
import { keyStyle, type Chart, type DataTable, type LegendEntry } from '../plot/chart.ts';
import { escapeXml } from '../plot/svg.ts';
import { pageFrame, type Frame } from '../plot/theme.ts';

/** Markup that is safe to put into a page as it is. */
export type Html = { readonly html: string };

type Part = string | number | Html | readonly Html[];

/**
 * Markup from a template: strings and numbers in it are escaped, `Html` and lists of it are put in as they are. It is
 * the only way in which text of a run file gets into the page.
 */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.reduce((all, text, place) => all + partText(parts[place - 1] ?? '') + text) };
}

/** Markup that was made elsewhere and is known to be safe: a drawing, a style sheet, a script of ours. */
export function trusted(text: string): Html {
  return { html: text };
}

export const nothing: Html = trusted('');

function partText(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeXml(part);
  return 'html' in part ? part.html : part.map((each) => each.html).join('');
}

/** A table with markup in it. */
export type HtmlTable = Omit<DataTable, 'rows'> & {
  readonly rows: readonly (readonly (string | number | Html)[])[];
};

/** A table that scrolls by itself when it is wider than its place, also by keyboard. */
export function dataTable({ label, head, rows }: HtmlTable): Html {
  const heads = head.map((text) => markup`<th scope="col">${text}</th>`);
  const lines = rows.map(
    ([name = '', ...cells]) =>
      markup`<tr><th scope="row">${name}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`,
  );
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table class="data"><thead><tr>${heads}</tr></thead><tbody>
${lines}</tbody></table></div>`;
} // prettier-ignore

/** A part that is folded away until it is asked for. */
export function folded(summary: string, content: Html, open = false): Html {
  return markup`<details${trusted(open ? ' open' : '')}><summary>${summary}</summary>${content}</details>`;
}

/** A chart with its caption and legend, what it says, and its figures behind a toggle. */
export function chartFigure(chart: Chart): Html {
  const { caption, legend = [], isWide = false, words = [], table } = chart;
  const heading = caption.heading === undefined ? nothing : markup`<b>${caption.heading}</b> `;
  const shown = markup`<figcaption>${heading}${unbroken(caption.text)}</figcaption>${legendOf(legend)}${plotsOf(chart)}`;
  const figures = folded('Table', dataTable(table), isWide);
  const sentences =
    words.length === 0
      ? nothing
      : markup`<ul class="words">${words.map((text) => markup`<li>${unbroken(text)}</li>`)}</ul>`;
  return isWide
    ? markup`<figure class="pairs"><div>${shown}</div>${figures}</figure>\n`
    : markup`<figure>${shown}${sentences}${figures}</figure>\n`;
} // prettier-ignore

/** A chart that is drawn across the page where there is room is there twice, and the style sheet shows one of them. */
function plotsOf(chart: Chart): Html {
  const { acrossPx } = chart;
  if (acrossPx === undefined) return markup`<div class="plot">${drawing(chart)}</div>`;
  const across = drawing(chart, { ...pageFrame, widthPx: acrossPx });
  return markup`<div class="plot upright">${drawing(chart)}</div><div class="plot across">${across}</div>`;
}

/** A chart as SVG for use inside a page: it takes fonts and colours from the style sheet. The same chart gives the same bytes. */
export function drawing(
  { alternative, draw }: Pick<Chart, 'alternative' | 'draw'>,
  frame: Frame = pageFrame,
): Html {
  const { svg, heightPx } = draw(frame);
  return trusted(
    `<svg class="chart" role="img" viewBox="0 0 ${frame.widthPx} ${Math.ceil(heightPx)}" aria-label="${escapeXml(alternative)}">${svg}</svg>`,
  );
}

function legendOf(entries: readonly LegendEntry[]): Html {
  if (entries.length === 0) return nothing;
  const items = entries.map((entry) => {
    const { classes, style } = keyStyle(entry);
    return markup`<li><i class="${classes}" style="${style}"></i>${entry.title}</li>`;
  });
  return markup`<ul class="legend">${items}</ul>`;
}

/** Names and what they are. */
export function definitions(facts: readonly Fact[]): Html {
  return markup`<dl>${facts.map(
    ([name, words]) => markup`<div><dt>${name}</dt><dd>${wordsHtml(words)}</dd></div>\n`,
  )}</dl>`;
} // prettier-ignore

function wordsHtml(words: Words): readonly Html[] {
  return words.map((part) =>
    typeof part === 'string' ? markup`${part}` : markup`<code>${part.code}</code>`,
  );
}

/** A text in which no number is parted from its unit at the end of a line. */
export function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=(?:%|ms|s|MiB|req\/s)(?![\w]))/g, '\u00a0');
}
