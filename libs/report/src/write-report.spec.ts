import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyLine, type RunFile } from '@tare/results';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleRun, partlyMetered } from '../fixtures/example-run.ts';
import { reportModel } from './model/report-model.ts';
import { planCard, summaryCard } from './pictures/card.ts';
import { renderReadmeBlock } from './text/readme.ts';
import { renderStepSummary } from './text/summary.ts';
import { renderTerminal } from './text/terminal.ts';
import { writeReport } from './write-report.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-report-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a report is a page, a summary, verdicts, trials and charts, with nothing left aside', async () => {
  const written = await writeReport(join(folder, 'new', 'report'), reportModel(exampleRun()));
  expect(written).toHaveLength(16);
  expect((await readdir(join(folder, 'new', 'report'))).sort()).toEqual([
    'charts',
    'report.html',
    'summary.md',
    'trials.csv',
    'verdicts.junit.xml',
  ]);
  expect(await readdir(join(folder, 'new', 'report', 'charts'))).toHaveLength(12);
});

test('charts of an earlier report go, pictures of others stay', async () => {
  await writeReport(folder, reportModel(exampleRun()));
  await writeFile(join(folder, 'charts', 'own.svg'), '<svg></svg>');
  const run = exampleRun();
  await writeReport(folder, reportModel({ ...run, summary: { primes: run.summary.primes ?? {} } }));
  const charts = await readdir(join(folder, 'charts'));
  expect(charts.filter((name) => !name.startsWith('primes-'))).toEqual(['own.svg']);
});

test('scoped names of workloads are plain in file names and ids, and whole in texts', async () => {
  const text = JSON.stringify(exampleRun(1)).replaceAll('"primes"', '"@shop/api:browse"');
  const written = await writeReport(
    folder,
    reportModel(JSON.parse(text) as RunFile),
    [],
    ['bencher', 'hgrm'],
  );
  const names = written.map((path) => path.slice(folder.length + 1));
  expect(names.filter((name) => name.includes('shop'))).not.toEqual([]);
  expect(names.filter((name) => !/^((charts|latencies)\/)?[\w.-]+$/.test(name))).toEqual([]);
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].flatMap(([, id = '']) => id);
  expect(ids.filter((id) => !/^[a-z][\w.-]*$/i.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(page).toContain('@shop/api:browse');
  expect(await readFile(join(folder, 'verdicts.junit.xml'), 'utf8')).toContain('name="@shop/api:browse"');
});

test('exports stand beside the report, and those of an earlier one go', async () => {
  const report = reportModel(exampleRun(1));
  await writeReport(folder, report, [], ['bencher', 'hgrm', 'hlog']);
  await writeFile(join(folder, 'latencies', 'own.txt'), '');
  expect(await readdir(folder)).toEqual(expect.arrayContaining(['bencher.json', 'latencies.hlog']));
  expect(await readdir(join(folder, 'latencies'))).toHaveLength(9);
  await writeReport(folder, report, [], ['bencher']);
  expect(await readdir(folder)).not.toContain('latencies.hlog');
  expect(await readdir(join(folder, 'latencies'))).toEqual(['own.txt']);
});

test('the same run gives the same bytes', async () => {
  const written = await writeReport(folder, reportModel(exampleRun()));
  const read = () => Promise.all(written.map((path) => readFile(path, 'utf8')));
  const first = await read();
  await writeReport(folder, reportModel(exampleRun()));
  expect(await read()).toEqual(first);
});

test('a folder that cannot be written is named in one line', async () => {
  const path = join(folder, 'file');
  await writeFile(path, '');
  await expect(writeReport(path, reportModel(exampleRun()))).rejects.toThrow(
    /^Cannot write the report to .*file: .*\. Expected a folder that you may write\.$/,
  );
});

test('a file that cannot be replaced leaves the whole report as it was', async () => {
  await writeReport(folder, reportModel(exampleRun()));
  const summary = await readFile(join(folder, 'summary.md'), 'utf8');
  await rm(join(folder, 'charts'), { recursive: true });
  await writeFile(join(folder, 'charts'), 'in the way');
  await expect(writeReport(folder, reportModel(exampleRun(4)))).rejects.toThrow(/^Cannot write the report/);
  expect(await readFile(join(folder, 'summary.md'), 'utf8')).toBe(summary);
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
});

const scopes = ['net', 'gross'] as const;

test.each([[['net']], [['gross']], [scopes]] as const)(
  'what could not be metered (%s) is absent wherever the run is shown, never 0 and never NaN',
  async (missing) => {
    const run = partlyMetered({ docker: missing });
    const report = reportModel(run);
    const paths = await writeReport(folder, report, [], ['bencher']);
    const files = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    const terminal = renderTerminal(report, { columns: 200, colour: false });
    const readme = renderReadmeBlock(report, { chartsPath: 'charts' });
    const card = summaryCard(report);
    const history = JSON.stringify(historyLine(run, { commit: null, dirty: false }));
    for (const text of [...files, terminal, readme, card, history]) {
      expect(text).not.toMatch(/\bNaN\b|\bundefined\b|\bInfinity\b/);
    }
    const textOf = (name: string) => files[paths.indexOf(join(folder, name))] ?? '';
    const reason = 'its kernel lies <between> the two';
    expect(terminal.split(reason)).toHaveLength(2);
    expect(textOf('summary.md').split('its kernel lies \\<between\\> the two')).toHaveLength(2);
    expect(textOf('report.html')).toContain('its kernel lies &lt;between&gt; the two');
    const [head = '', ...rows] = textOf('trials.csv').trim().split('\r\n');
    const columns = head.split(',');
    const bencher = JSON.parse(textOf('bencher.json')) as Record<string, Record<string, unknown>>;
    for (const scope of scopes) {
      const [cpu, memory] = [
        `cpu${scope === 'net' ? 'Net' : 'Gross'}`,
        `memory${scope === 'net' ? 'Net' : 'Gross'}MiB`,
      ];
      const isThere = !missing.some((each) => each === scope);
      expect(`${cpu}MsPerRequest` in (bencher['primes/docker'] ?? {})).toBe(isThere);
      const cells = rows.map((row) => row.split(',')).filter((row) => row[1] === 'docker');
      expect(cells.every((row) => (row[columns.indexOf(memory)] !== '') === isThere)).toBe(true);
      expect(
        textOf('verdicts.junit.xml').includes(
          `classname="primes.docker" name="${scope} memory against native"`,
        ),
      ).toBe(isThere);
      expect(history.includes(`"environment":"docker","metric":"${memory}"`)).toBe(isThere);
      const row = terminal.split('\n').find((line) => line.startsWith(`Memory ${scope}, MiB`));
      expect(row?.includes('–')).toBe(!isThere);
    }
    const docker = planCard(report).rows.find(({ name }) => name === 'docker');
    const isWithoutGross = missing.some((each) => each === 'gross');
    expect(docker?.figures.map(({ value }) => value === '–')).toEqual([
      false,
      false,
      isWithoutGross,
      isWithoutGross,
    ]);
  },
);

test('a run that has not ended is marked as partial in every view, and a whole one in none', async () => {
  const partial = 'the run has not ended: 3 of 12 rounds done';
  const views = async (run: RunFile): Promise<readonly string[]> => {
    const report = reportModel(run);
    await writeReport(folder, report);
    const files = ['report.html', 'summary.md', 'verdicts.junit.xml', 'trials.csv'];
    return [
      ...(await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))),
      renderTerminal(report, { columns: 200, colour: false }),
      renderStepSummary(report),
      renderReadmeBlock(report, { chartsPath: 'charts' }),
      summaryCard(report),
    ];
  };
  const marked = await views({ ...exampleRun(3), partial });
  expect(marked.map((text) => /Partial: the run has not ended|PARTIAL RUN/.test(text))).toEqual(
    marked.map(() => true),
  );
  const whole = await views(exampleRun(3));
  expect(whole.filter((text) => /partial/i.test(text))).toEqual([]);
});
