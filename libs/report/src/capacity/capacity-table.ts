import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { CapacityFile } from '@tare/results';
import { painter } from '../paint.ts';
import type { Paint } from '../paint.ts';
import { dateText } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import { wrapped } from '../wrapped.ts';
import { capacityNotes } from './capacity-notes.ts';
import { capacityRows } from './capacity-rows.ts';

const borderless = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '',
}; // prettier-ignore

/**
 * Capacities as text for a terminal: per workload a table of environments, then how they were found, what could not be
 * measured, and the warnings.
 * @returns lines ending in a line feed; the same file and options give the same text.
 */
export function renderCapacityTable(
  file: CapacityFile,
  { columns, colour }: { readonly columns: number; readonly colour: boolean },
): string {
  const paint = painter(colour);
  const tables = file.config.workloads.flatMap(({ name, requestPath }) => {
    const table = tableOf(file, oneLine(name), paint);
    return table === '' ? [] : [`${paint('bold', oneLine(name))}  ${oneLine(requestPath)}\n\n${table}`];
  });
  const missing = file.environments.flatMap((environment) =>
    environment.status === 'measured'
      ? []
      : [
          `${oneLine(environment.name)}: ${environment.status}, ${oneLine(environment.reason)}`,
          ...(environment.remedy === undefined ? [] : [`remedy: ${oneLine(environment.remedy)}`]),
        ],
  );
  const warnings = file.diagnostics.map(({ level, message }) => `${level}: ${oneLine(message)}`);
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0
      ? []
      : [[paint('bold', title), ...lines.map((line) => wrapped(line, columns))].join('\n')];
  const heading = `${paint('bold', `Capacity for ${file.config.slo.text}`)}, run ${oneLine(file.id)}, ${dateText(file.startedAt)}, seed ${file.seed}`;
  const sections = [
    heading,
    ...(tables.length === 0 ? ['No capacity was found.'] : tables),
    ...section('How it was found', capacityNotes(file)),
    ...section('Not measured', missing),
    ...section('Diagnostics', warnings),
  ];
  return `${sections.join('\n\n')}\n`;
}

function tableOf(file: CapacityFile, workload: string, paint: Paint): string {
  const rows = capacityRows(file).filter((row) => row.workload === workload);
  if (rows.length === 0) return '';
  const table = new Table({
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    colAligns: ['left', 'left', 'right', 'right', 'left'],
  });
  table.push(
    ['Environment', 'Highest rate', 'First miss', 'p50 / p99 there', 'Passes'].map((head) =>
      paint('dim', head),
    ),
    ...rows.map((row) => [
      row.environment,
      row.capacity,
      row.firstMiss || '–',
      row.latency || '–',
      row.passes,
    ]),
  );
  const [head = '', ...lines] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const width = Math.max(...[head, ...lines].map((line) => [...stripVTControlCharacters(line)].length));
  return [head, paint('dim', '─'.repeat(width)), ...lines].join('\n');
}
