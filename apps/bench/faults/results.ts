import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Fault } from './fault-list.ts';

const outcomeSchema = z.strictObject({
  fault: z.string(),
  phase: z.string(),
  environment: z.string(),
  /** When it was tried last. */
  at: z.string(),
  problems: z.array(z.string()),
  says: z.string(),
  endedAfterMs: z.number(),
  cleanAfterMs: z.number().nullable(),
  left: z.array(z.string()),
});
export const resultsSchema = z.strictObject({
  schema: z.literal(1),
  host: z.string(),
  outcomes: z.array(outcomeSchema),
});
export type Results = z.infer<typeof resultsSchema>;

/** @throws Error in one line when the file is there and is none. */
export async function readResults(path: string): Promise<Results['outcomes']> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return [];
  }
  return resultsSchema.parse(JSON.parse(text)).outcomes;
}

/** Names a combination. */
export function keyOf({
  fault,
  phase,
  environment,
}: Pick<Results['outcomes'][number], 'fault' | 'phase' | 'environment'>): string {
  return [fault, phase, environment].join('\n');
}

/** The last outcome of each combination, in an order that does not depend on when it was tried. */
export function merged(former: Results['outcomes'], now: Results['outcomes']): Results['outcomes'] {
  const last = new Map([...former, ...now].map((each) => [keyOf(each), each]));
  return [...last.values()].toSorted((one, other) => keyOf(one).localeCompare(keyOf(other)));
}

const shownSayings = 2;
const longestShown = 160;

/** @returns the page with its table as the outcomes say. @throws Error when the page has no place for it. */
export function withTable(page: string, faults: readonly Fault[], outcomes: Results['outcomes']): string {
  return betweenMarks(page, 'nx run bench:faults', tableOf(faults, outcomes));
}

/** @returns the page with a text in the place that a command writes. @throws Error when it has none. */
export function betweenMarks(page: string, command: string, text: string): string {
  const begin = `<!-- written by ${command} --write -->`;
  const end = '<!-- end -->';
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`the page lacks ${begin} or ${end}`);
  return `${page.slice(0, from)}${begin}\n${text}\n${page.slice(to)}`;
}

function tableOf(faults: readonly Fault[], outcomes: Results['outcomes']): string {
  const rows = faults.map(({ name, does }) => {
    const tried = outcomes.filter(({ fault }) => fault === name);
    const survived = tried.filter(({ problems }) => problems.length === 0);
    return `| ${name}: ${does} | ${tried.length} | ${survived.length} | ${slowest(survived)} | ${sayingsOf(tried)} |`;
  });
  const survived = outcomes.filter(({ problems }) => problems.length === 0).length;
  const list = (values: readonly string[]): string =>
    [...new Set(values)].map((each) => `\`${each}\``).join(', ');
  return [
    `${outcomes.length} combinations, ${survived} survived.`,
    `Phases: ${[...new Set(outcomes.map(({ phase }) => phase))].join(', ')}.`,
    `Environments: ${list(outcomes.map(({ environment }) => environment))}.`,
    '',
    '| fault | tried | survived | clean after, at most | what the user sees |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function slowest(outcomes: Results['outcomes']): string {
  if (outcomes.length === 0) return '–';
  if (outcomes.some(({ cleanAfterMs }) => cleanAfterMs === null)) return 'the next start';
  const longestMs = Math.max(...outcomes.map(({ cleanAfterMs }) => cleanAfterMs ?? 0));
  return `${(longestMs / 1000).toFixed(1)} s`;
}

/** The most frequent last lines, as a user sees them. */
function sayingsOf(outcomes: Results['outcomes']): string {
  if (outcomes.length === 0) return 'not tried yet';
  const saying = outcomes.filter(({ says }) => says !== '');
  // whichever environment says it, and of how many requests
  const kinds = Map.groupBy(saying, ({ says, environment }) =>
    says.replaceAll(environment, '').replaceAll(/\d+/g, ''),
  );
  const frequent = [...kinds.values()].toSorted((one, other) => other.length - one.length);
  const lines = frequent
    .slice(0, shownSayings)
    .flatMap(([first]) => (first === undefined ? [] : [first.says]));
  if (lines.length === 0) return 'nothing';
  return lines.map((line) => `\`${shortened(line).replaceAll('|', '\\|').replaceAll('`', "'")}\``).join('; ');
}

/** A line of a table, ended where a part of it ends. */
function shortened(line: string): string {
  if (line.length <= longestShown) return line;
  const begin = line.slice(0, longestShown);
  const end = Math.max(...[': ', '; ', ', '].map((mark) => begin.lastIndexOf(mark)));
  return `${begin.slice(0, end + 1)} …`;
}
