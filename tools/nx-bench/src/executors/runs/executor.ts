import { resolve } from 'node:path';
import { executor } from '@tare/nx-kit';
import { listRuns, pruneRuns, type ListedRun } from '@tare/results';
import { runsUnderWay } from '@tare/runner';
import { tables } from '../../options.ts';

/** Lists the runs that have a journal, and removes old ones with --prune. */
export default executor(tables.runs, async ({ prune, keep, outputPath, json }, { root }) => {
  const folder = resolve(root, outputPath, 'runs');
  const all = await listRuns(folder, runsUnderWay());
  const gone = prune ? await pruneRuns(folder, all, keep) : [];
  const runs = all.filter((run) => !gone.includes(run));
  if (json) {
    process.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`);
    return true;
  }
  for (const { id } of gone) process.stdout.write(`removed ${id}\n`);
  process.stdout.write(runs.length === 0 ? 'no runs\n' : runTable(runs, Date.now()));
  return true;
});

/** The runs as a table, and what can be done with the newest that was interrupted. */
export function runTable(runs: readonly ListedRun[], now: number): string {
  const rows = [
    ['Run', 'Of', 'State', 'Age', 'Rounds', 'Trials', 'Size'],
    ...runs.map(({ id, asks = '–', state, startedAt, rounds, trials, bytes }) => [
      id,
      asks,
      state,
      startedAt === undefined ? '–' : ageText(now - Date.parse(startedAt)),
      String(rounds),
      String(trials),
      `${(bytes / 2 ** 20).toFixed(1)} MiB`,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const open = runs.find(({ state, asks }) => state === 'interrupted' && asks === 'run');
  const advice =
    open === undefined ? [] : ['', `go on with it: --resume=${open.id}; look at it: report --run=${open.id}`];
  return `${[...lines, ...advice].join('\n')}\n`;
}

const msPerMinute = 60_000;

/** "5 min", "3 h", "12 d" */
function ageText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / msPerMinute));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
