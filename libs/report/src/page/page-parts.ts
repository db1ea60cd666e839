import { drawPageChart } from './draw-page-chart.ts';
import { html, nothing, trusted } from './html.ts';
import type { Html } from './html.ts';
import type { PageChart } from './options/page-chart.ts';

/** Rows of texts; the first of each names it. */
export type DataTable = {
  /** What it shows; unique on the page, for those who jump from region to region. */
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | Html)[])[];
};

/** A table that scrolls by itself when it is wider than its place, also by keyboard. */
export function dataTable({ label, head, rows }: DataTable): Html {
  const heads = head.map((text) => html`<th scope="col">${text}</th>`);
  const lines = rows.map(
    ([name = '', ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table class="data">
<thead><tr>${heads}</tr></thead>
<tbody>
${lines}</tbody></table></div>`;
}

/** A part that is folded away until it is asked for. */
export function folded(summary: string, content: Html, open = false): Html {
  return html`<details${trusted(open ? ' open' : '')}><summary>${summary}</summary>${content}</details>`;
}

/** A chart with its caption, and its figures behind a toggle. */
export function chartFigure(options: {
  readonly caption: Html;
  readonly chart: PageChart;
  readonly table: DataTable;
  readonly legend?: Html;
}): Html {
  const { caption, chart, table, legend = nothing } = options;
  return html`<figure><figcaption>${caption}</figcaption>${legend}<div class="plot">${drawPageChart(chart)}</div>${folded('Table', dataTable(table))}</figure>`;
}

/** The colours of lines by name. */
export function legendOf(
  entries: readonly { readonly title: string; readonly variable: string; readonly dashed?: boolean }[],
): Html {
  const items = entries.map(
    ({ title, variable, dashed = false }) =>
      html`<li><i class="${dashed ? 'key dashed' : 'key'}" style="--c:var(--${variable})"></i>${title}</li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
}

/** The variable of the style sheet with the colour of an environment. */
export function colourVariable(colourIndex: number): string {
  return `e${colourIndex % 6}`;
}

/** Pairs of a name and what it is. */
export function definitions(pairs: readonly (readonly [string, string | Html])[]): Html {
  return html`<dl>${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}
