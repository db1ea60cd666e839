import type { RunFile } from '@tare/results';
import type { Paint } from './paint.ts';
import { comparisonWarnings, missingEnvironments } from './run-notes.ts';
import { oneLine } from './safe-text.ts';
import { summedUp } from './words/diagnostic-groups.ts';
import { runCare } from './words/run-care.ts';
import type { RunCareOptions } from './words/run-care.ts';
import { wrapped } from './wrapped.ts';

/** What stands below the tables in a terminal, as sections: care, environments not measured, diagnostics. */
export function terminalNotes(
  run: RunFile,
  columns: number,
  paint: Paint,
  options: RunCareOptions,
): readonly string[] {
  return [
    ...section('How far this can be trusted', careLines(run, columns, paint, options), paint),
    ...section('Not measured', missingLines(run, paint), paint),
    ...section('Diagnostics', diagnosticLines(run, columns, paint), paint),
  ];
}

function section(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : [[paint('bold', title), ...lines].join('\n')];
}

function careLines(run: RunFile, columns: number, paint: Paint, options: RunCareOptions): readonly string[] {
  return runCare(run, options).map(({ level, text }) =>
    level === 'info' ? wrapped(text, columns) : marked(level, text, columns, paint),
  );
}

function missingLines(run: RunFile, paint: Paint): readonly string[] {
  return missingEnvironments(run).flatMap(({ name, status, reason, remedy }) => [
    `  ${oneLine(name)}: ${paint('yellow', status)}, ${oneLine(reason)}`,
    ...(remedy === undefined ? [] : [`    remedy: ${oneLine(remedy)}`]),
  ]);
}

function diagnosticLines(run: RunFile, columns: number, paint: Paint): readonly string[] {
  // the line of the twin says what this one does
  const shown = run.diagnostics.filter(({ level, code }) => level !== 'info' && code !== 'twin-differs');
  return [
    ...summedUp(shown).map(({ level, message }) => marked(level, oneLine(message), columns, paint)),
    ...comparisonWarnings(run, { onlyJudged: true }).map((warning) =>
      marked('warning', oneLine(warning), columns, paint),
    ),
  ];
}

/** "warning: …"; colours are put in last, for they have no width. */
function marked(level: string, text: string, columns: number, paint: Paint): string {
  const lines = wrapped(`${level}: ${text}`, columns);
  return lines.replace(level, paint(level === 'error' ? 'red' : 'yellow', level));
}
