/** A long run of many short trials: does what the runner needs grow with their number? */
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { renderPage, reportModel } from '@tare/report';
import { parseRunFile, writeAside } from '@tare/results';
import { median, quantile, seededRandom } from '@tare/statistics';
import { namesIn, textOf } from './processes.ts';
import { betweenMarks } from './results.ts';
import { startRun } from './start-run.ts';
import { type Place, runnersIn } from './view.ts';

const workspace = resolve(import.meta.dirname, '../../..');
const pagePath = join(workspace, 'docs/reliability.md');
const mark = 'nx run bench:soak';

const help = `Usage: nx run bench:soak [--trials=N] [--write]
Measures an app that costs nothing in native and namespace, in at least N short trials (500 by default), and says how memory
and open files of the process that measures grow with them, and how large what it writes is.

  --write  puts the figures into docs/reliability.md
`;

/** So much may it need, so that a run of a thousand rounds goes through on a small host. */
const bounds = { memoryKiB: 100, descriptors: 0.01, runFileKiB: 40, pageKiB: 8, renderMs: 10 };

const environments = ['native', 'namespace'];
const sampleMs = 200;
const msPerMinute = 60_000;
// until then code is compiled and caches fill
const warmShare = 0.2;
const blocks = 25;
const resamples = 2000;

type Sample = { readonly trial: number; readonly memoryKiB: number; readonly descriptors: number };
/** Growth with each trial, and its 95 % interval. */
type Slope = { readonly estimate: number; readonly lower: number; readonly upper: number };

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      trials: { type: 'string', default: '500' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const wanted = Number(values.trials);
  if (!Number.isInteger(wanted) || wanted < 2 * blocks)
    throw new Error(`--trials=${values.trials}: expected a whole number from ${2 * blocks}`);
  const folder = await mkdtemp('/tmp/ts-');
  try {
    const place: Place = {
      workspace,
      temporary: join(folder, 't'),
      lock: join(folder, 'lock'),
      out: join(folder, 'out'),
      engine: undefined,
    };
    for (const each of [place.temporary, place.lock, place.out]) await mkdir(each);
    const { lines, failed } = await soak(place, wanted);
    process.stdout.write(`${lines.join('\n')}\n`);
    if (values.write)
      await writeAside(pagePath, betweenMarks(await readFile(pagePath, 'utf8'), mark, lines.join('\n')));
    for (const each of failed) process.stderr.write(`too much: ${each}\n`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function soak(
  place: Place,
  wanted: number,
): Promise<{ readonly lines: readonly string[]; readonly failed: readonly string[] }> {
  const rounds = Math.ceil(wanted / environments.length);
  const options = ['--workloads=plain', '--warmup=0', '--duration=0.1', '--openDuration=0.1', '--rate=100'];
  const begunAt = performance.now();
  const run = startRun(
    place,
    { command: 'measure', options: [...options, '--seed=1'], rounds, environments },
    'native',
  );
  const interrupt = (): void => {
    run.child.kill('SIGTERM');
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  const samples: Sample[] = [];
  const { promise, resolve: end } = Promise.withResolvers<undefined>();
  void run.ended.then(() => {
    end(undefined);
  });
  for (
    let isOver = false;
    !isOver;
    isOver = await Promise.race([promise.then(() => true), sleep(sampleMs, false)])
  ) {
    const [pid] = runnersIn(place.lock);
    const memoryKiB = Number(/^VmRSS:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1]);
    const trial = [...run.output().matchAll(/^round \d+\/\d+ .* req\/s/gm)].length;
    if (Number.isFinite(memoryKiB))
      samples.push({ trial, memoryKiB, descriptors: namesIn(`/proc/${pid}/fd`).length });
  }
  const code = await run.ended;
  if (code !== 0) throw new Error(`the run ended with ${code}: ${run.output().slice(-400)}`);
  return findings(place, samples, (performance.now() - begunAt) / msPerMinute);
}

async function findings(place: Place, samples: readonly Sample[], minutes: number) {
  const path = join(place.out, 'latest', 'run.json');
  const text = await readFile(path, 'utf8');
  const run = parseRunFile(text, path);
  const trials = run.trials.length;
  const [id = ''] = await readdir(join(place.out, 'runs'));
  const journal = await stat(join(place.out, 'runs', id, 'journal.jsonl'));
  const startedAt = performance.now();
  const page = renderPage(reportModel(run));
  const renderMs = performance.now() - startedAt;

  const warm = samples.filter(({ trial }) => trial >= warmShare * trials);
  // what is not garbage: the least of a trial
  const memory = slopeOf(warm, ({ memoryKiB }) => memoryKiB);
  const descriptors = slopeOf(warm, (sample) => sample.descriptors);
  const sizesKiB = { run: text.length / 1024, page: page.length / 1024, journal: journal.size / 1024 };
  const most = Math.max(...samples.map(({ memoryKiB }) => memoryKiB)) / 1024;
  const said = ({ estimate, lower, upper }: Slope, digits: number): string =>
    `${estimate.toFixed(digits)} (95 %: ${lower.toFixed(digits)} to ${upper.toFixed(digits)})`;
  const rows = [
    ['resident memory, KiB', said(memory, 1), memory.upper, bounds.memoryKiB],
    ['open files', said(descriptors, 4), Math.max(descriptors.upper, -descriptors.lower), bounds.descriptors],
    ['run file, KiB', (sizesKiB.run / trials).toFixed(1), sizesKiB.run / trials, bounds.runFileKiB],
    ['page, KiB', (sizesKiB.page / trials).toFixed(1), sizesKiB.page / trials, bounds.pageKiB],
    ['time to make the page, ms', (renderMs / trials).toFixed(1), renderMs / trials, bounds.renderMs],
  ] as const;
  const day = new Date().toISOString().slice(0, 10);
  return {
    lines: [
      `${trials} trials in ${minutes.toFixed(0)} minutes, ${cpus().length} CPUs, ${day}: at most ${most.toFixed(0)} MiB of resident memory, a run file of ${(sizesKiB.run / 1024).toFixed(1)} MiB, a journal of ${(sizesKiB.journal / 1024).toFixed(1)} MiB, a page of ${(sizesKiB.page / 1024).toFixed(1)} MiB that was made in ${(renderMs / 1000).toFixed(1)} s.`,
      '',
      '| grows with each trial by | measured | bound |',
      '| --- | --- | --- |',
      ...rows.map(([what, shown, , bound]) => `| ${what} | ${shown} | ${bound} |`),
    ],
    failed: rows
      .filter(([, , value, bound]) => !(value <= bound))
      .map(([what, shown, , bound]) => `${what}: ${shown}, expected at most ${bound}`),
  };
}

/** The slope of a line through the medians of blocks of trials (least squares), with a bootstrap interval over the blocks. */
function slopeOf(samples: readonly Sample[], valueOf: (sample: Sample) => number): Slope {
  const least = [...Map.groupBy(samples, ({ trial }) => trial)].map(
    ([trial, of]) => [trial, Math.min(...of.map(valueOf))] as const,
  );
  const size = Math.ceil(least.length / blocks);
  const points = Array.from({ length: Math.ceil(least.length / size) }, (_, block) => {
    const of = least.slice(block * size, (block + 1) * size);
    return [median(of.map(([trial]) => trial)), median(of.map(([, value]) => value))] as const;
  });
  const random = seededRandom(1);
  const slopes = Array.from({ length: resamples }, () =>
    leastSquares(points.map(() => points[random.below(points.length)] ?? ([0, 0] as const))),
  ).filter(Number.isFinite);
  return { estimate: leastSquares(points), lower: quantile(slopes, 0.025), upper: quantile(slopes, 0.975) };
}

function leastSquares(points: readonly (readonly [number, number])[]): number {
  const x = points.reduce((sum, [each]) => sum + each, 0) / points.length;
  const y = points.reduce((sum, [, each]) => sum + each, 0) / points.length;
  const both = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return both / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}
