import type { Fact, Words } from '../model/report-model.ts';
import { keyStyle } from '../plot/chart.ts';
import type { Chart, LegendEntry } from '../plot/chart.ts';
import { escapeXml } from '../plot/svg.ts';
import { pageFrame } from '../plot/theme.ts';
import { markup, nothing, trusted } from './html.ts';
import type { Html } from './html.ts';

/** Rows of texts or markup; the first of each names it. */
export type HtmlTable = {
  /** What it shows; unique on the page, for those who jump from region to region. */
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | Html)[])[];
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
  const { caption, isWide, words, table } = chart;
  const heading = caption.heading === undefined ? nothing : markup`<b>${caption.heading}</b> `;
  const shown = markup`<figcaption>${heading}${unbroken(caption.text)}</figcaption>${legendOf(chart.legend)}<div class="plot">${drawing(chart)}</div>`;
  const figures = folded('Table', dataTable(table), isWide);
  const sentences =
    words.length === 0
      ? nothing
      : markup`<ul class="words">${words.map((text) => markup`<li>${unbroken(text)}</li>`)}</ul>`;
  return isWide
    ? markup`<figure class="pairs"><div>${shown}</div>${figures}</figure>\n`
    : markup`<figure>${shown}${sentences}${figures}</figure>\n`;
} // prettier-ignore

/** A chart as SVG for use inside a page: it takes fonts and colours from the style sheet. The same chart gives the same bytes. */
export function drawing({ alternative, draw }: Pick<Chart, 'alternative' | 'draw'>): Html {
  const { svg, heightPx } = draw(pageFrame);
  return trusted(
    `<svg class="chart" role="img" viewBox="0 0 ${pageFrame.widthPx} ${Math.ceil(heightPx)}" aria-label="${escapeXml(alternative)}">${svg}</svg>`,
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

/** A section of the page with its heading. */
export function pageSection(id: string, title: string, content: Html | readonly Html[]): Html {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>
`;
}

/** A text in which no number is parted from its unit at the end of a line. */
export function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=(?:%|ms|s|MiB|req\/s)(?![\w]))/g, '\u00a0');
}
