import { drawPageChart } from './draw-page-chart.ts';
import { markup, nothing, trusted } from './markup.ts';
import type { Html } from './markup.ts';
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
  const heads = head.map((text) => markup`<th scope="col">${text}</th>`);
  const lines = rows.map(
    ([name = '', ...cells]) =>
      markup`<tr>
        <th scope="row">${name}</th>
        ${cells.map((cell) => markup`<td>${cell}</td>`)}
      </tr> `,
  );
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
    <table class="data">
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>
  </div>`;
}

/** A part that is folded away until it is asked for. */
export function folded(summary: string, content: Html, open = false): Html {
  return markup`<details${trusted(open ? ' open' : '')}><summary>${summary}</summary>${content}</details>`;
}

/** A chart with its caption, and its figures behind a toggle. */
export function chartFigure(options: {
  readonly caption: Html;
  readonly chart: PageChart;
  readonly table: DataTable;
  readonly legend?: Html;
  /** What the chart says, below it. */
  readonly words?: readonly string[];
  /** The table stands open beside the chart where there is room. */
  readonly beside?: boolean;
}): Html {
  const { caption, chart, table, legend = nothing, beside = false, words = [] } = options;
  const shown = markup`<figcaption>${caption}</figcaption>${legend}<div class="plot">${drawPageChart(chart)}</div>`;
  const figures = folded('Table', dataTable(table), beside);
  const sentences =
    words.length === 0
      ? nothing
      : markup`<ul class="words">${words.map((text) => markup`<li>${unbroken(text)}</li>`)}</ul>`;
  return beside
    ? markup`<figure class="pairs"><div>${shown}</div>${figures}</figure>`
    : markup`<figure>${shown}${sentences}${figures}</figure>`;
}

/** The colours of lines by name. */
export function legendOf(
  entries: readonly { readonly title: string; readonly variable: string; readonly dashed?: boolean }[],
): Html {
  const items = entries.map(
    ({ title, variable, dashed = false }) =>
      markup`<li><i class="${dashed ? 'key dashed' : 'key'}" style="--c:var(--${variable})"></i>${title}</li>`,
  );
  return markup`<ul class="legend">
    ${items}
  </ul>`;
}

/** The variable of the style sheet with the colour of an environment. */
export function colourVariable(colourIndex: number): string {
  return `e${colourIndex % 6}`;
}

/** Pairs of a name and what it is. */
export function definitions(pairs: readonly (readonly [string, string | Html])[]): Html {
  return markup`<dl>
    ${pairs.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div> `,
    )}
  </dl>`;
}

/** A text in which no number is parted from its unit at the end of a line. */
export function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=(?:%|ms|s|MiB|req\/s)(?![\w]))/g, '\u00a0');
}
