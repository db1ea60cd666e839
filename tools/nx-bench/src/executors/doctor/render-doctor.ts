import { styleText } from 'node:util';
import type { DoctorLine } from '@tare/checks';
import { counted } from '@tare/results';

type DoctorTextOptions = {
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Whether to write escape sequences for colours. */
  readonly colour: boolean;
};

const signs = {
  good: { sign: '✓', style: 'green' },
  warning: { sign: '!', style: 'yellow' },
  problem: { sign: '✗', style: 'red' },
} as const;

// narrower than this a finding is hard to read; it may then stick out
const narrowestFinding = 30;

/**
 * The lines as a table: sign, subject, finding, and below it the remedy. The last line counts them.
 * @returns text that ends in a line feed; a command is never broken over two lines, so that it can be copied.
 */
export function renderDoctor(lines: readonly DoctorLine[], { columns, colour }: DoctorTextOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const subjectWidth = Math.max(...lines.map(({ subject }) => subject.length), 0);
  const indent = ' '.repeat(subjectWidth + 4);
  const findingWidth = Math.max(narrowestFinding, columns - indent.length);
  const rows = lines.flatMap(({ level, subject, finding, remedy }) => {
    const { sign, style } = signs[level];
    const [first = '', ...more] = wrapped(finding, findingWidth);
    return [
      `${paint(style, sign)} ${subject.padEnd(subjectWidth)}  ${first}`,
      ...more.map((text) => `${indent}${text}`),
      ...(remedy === undefined ? [] : [`${indent}${paint('dim', 'mend:')} ${remedy}`]),
    ];
  });
  return `${[...rows, '', tally(lines)].join('\n')}\n`;
}

function tally(lines: readonly DoctorLine[]): string {
  const count = (level: DoctorLine['level']): number => lines.filter((line) => line.level === level).length;
  const [good, warnings, problems] = [count('good'), count('warning'), count('problem')];
  return `${good} good, ${counted(warnings, 'warning')}, ${counted(problems, 'problem')}`;
}

/** Breaks a text at its spaces; a word that is too long keeps its line to itself. */
function wrapped(text: string, width: number): readonly string[] {
  const rows: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) rows.splice(-1, 1, `${last} ${word}`);
    else rows.push(word);
  }
  return rows;
}
