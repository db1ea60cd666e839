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

/** The most frequent last lines. */
function sayingsOf(outcomes: Results['outcomes']): string {
  const counts = new Map<string, number>();
  for (const { says, environment } of outcomes) {
    if (says === '') continue;
    const plain = says.replaceAll(environment, 'ENVIRONMENT').replaceAll('|', '\\|').replaceAll('`', "'");
    counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  const frequent = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, shownSayings);
  if (outcomes.length === 0) return 'not tried yet';
  return frequent.length === 0 ? 'nothing' : frequent.map(([says]) => `\`${says}\``).join('; ');
}
