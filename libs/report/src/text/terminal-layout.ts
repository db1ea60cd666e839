import { stripVTControlCharacters, styleText } from 'node:util';
import type { MissingEnvironment } from '../model/subjects.ts';
import { wordsOf } from '../model/words.ts';

/** The terminal that a text is for. */
export type Terminal = {
  /** Width in characters. */
  readonly columns: number;
  /** Whether to write escape sequences for colours. */
  readonly colour: boolean;
};

const columnsWithoutTerminal = 120;

/**
 * Width and colour of an output. The variables NO_COLOR and FORCE_COLOR (Nx sets the latter for its tasks) decide
 * before the terminal does; COLUMNS counts where there is no terminal.
 */
export function terminalOf(
  output: { readonly columns?: number; readonly isTTY?: boolean },
  variables: Readonly<Record<string, string | undefined>>,
): Terminal {
  const { NO_COLOR: none, FORCE_COLOR: force, COLUMNS: columns } = variables;
  const isForced = force !== undefined && force !== '0' && force !== 'false';
  const isForbidden = (none !== undefined && none !== '') || (force !== undefined && !isForced);
  return {
    columns: (output.columns ?? Number(columns)) || columnsWithoutTerminal,
    colour: !isForbidden && (isForced || output.isTTY === true),
  };
}

export type Style = Parameters<typeof styleText>[0];

/** What is written for one terminal, in its width and with its colours. */
export type Screen = ReturnType<typeof screenOf>;

export function screenOf({ columns, colour }: Terminal) {
  const paint = (style: Style, text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const wrap = (text: string, indent?: string) => wrapped(text, columns, indent);
  return {
    columns,
    paint,
    wrap,
    /** "warning: …" on as many lines as it takes. */
    // colours are put in last, for they have no width
    marked: (level: string, text: string) =>
      wrap(`${level}: ${text}`).replace(level, paint(level === 'error' ? 'red' : 'yellow', level)),
    /** A title and its lines; nothing without lines. */
    section: (title: string, lines: readonly string[]) =>
      lines.length === 0 ? [] : [[paint('bold', title), ...lines].join('\n')],
    /** What could not be measured: reason and remedy on a line each. */
    missing: (missing: readonly MissingEnvironment[]) =>
      missing.flatMap(({ name, statusText, reason, remedy }) => [
        `  ${name}: ${paint('yellow', statusText)}, ${reason}`,
        ...(remedy === undefined ? [] : [`    remedy: ${remedy}`]),
      ]),
    /** A table: the head, a rule, then the rows. Ends of lines have no blanks. */
    table: (rows: readonly (readonly TerminalCell[])[], aligns: readonly ('left' | 'right')[]) => {
      const [head = '', ...lines] = alignedRows(rows, aligns);
      const rule = paint('dim', '─'.repeat(Math.max(...[head, ...lines].map(widthOf))));
      return [head, rule, ...lines].join('\n');
    },
  };
}

/**
 * Sections with a blank line between, ending in a line feed. No line is a command to a CI service: GitHub Actions reads "::error::" at
 * the start of a line and "##[error]" anywhere, Azure Pipelines "##vso[", TeamCity "##teamcity[". Names and messages of other
 * programs are in the text.
 */
export function terminalPage(sections: readonly string[]): string {
  return `${sections.join('\n\n')}\n`
    .replace(/^([^\S\n]*(?:\u001b\[\d+m)*):(?=:)/gm, '$1: ') // eslint-disable-line no-control-regex
    .replaceAll(/##(?=\[|vso\[|teamcity\[)/gi, '# #');
}

/**
 * Text broken at spaces into lines no wider than `columns`; a longer word stands alone and sticks out. Lines after the
 * first are indented by two spaces more.
 */
export function wrapped(text: string, columns: number, indent = '  '): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of wordsOf(text)) {
    const isStart = line.trim() === '';
    if (!isStart && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line += isStart ? word : ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** A cell of a table: a text, and over how many columns it goes. */
type TerminalCell = string | { readonly text: string; readonly span: number };

const gap = '  ';

/** Rows with their cells below each other. */
export function alignedRows(
  rows: readonly (readonly TerminalCell[])[],
  aligns: readonly ('left' | 'right')[],
): readonly string[] {
  const placed = rows.map((row) => {
    let column = 0;
    return row.map((cell) => {
      const { text, span } = typeof cell === 'string' ? { text: cell, span: 1 } : cell;
      column += span;
      return { text, span, column: column - span };
    });
  });
  const widths = aligns.map((_, place) =>
    Math.max(0, ...placed.flatMap((row) => row.filter(({ span, column }) => span === 1 && column === place).map(({ text }) => widthOf(text)))),
  );
  const widthAcross = (column: number, span: number) =>
    widths.slice(column, column + span).reduce((sum, width) => sum + width, 0) + gap.length * (span - 1);
  for (const { text, span, column } of placed.flat()) {
    const lacking = widthOf(text) - widthAcross(column, span);
    if (lacking > 0) widths[column + span - 1] = (widths[column + span - 1] ?? 0) + lacking;
  }
  return placed.map((row) =>
    row
      .map(({ text, span, column }) => {
        const room = ' '.repeat(Math.max(0, widthAcross(column, span) - widthOf(text)));
        return span === 1 && aligns[column] === 'right' ? room + text : text + room;
      })
      .join(gap)
      .trimEnd(),
  );
} // prettier-ignore

/** Characters that a terminal shows of a text, escape sequences aside. */
export function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => [...stripVTControlCharacters(line)].length));
}
