import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { exampleRun } from '@tare/report/example-run';
import { hostFingerprint } from '@tare/results';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import report from './executor.ts';
import type { ReportOptions } from './executor.ts';

const markers = '<!-- tare:results -->\n<!-- /tare:results -->\n';
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-nx-report-'));
  await mkdir(join(root, 'reports', 'latest'), { recursive: true });
  await writeFile(join(root, 'reports', 'latest', 'run.json'), JSON.stringify(exampleRun()));
  vi.stubEnv('GITHUB_STEP_SUMMARY', undefined);
  // what a test reads is plain, whatever runs it
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', '1');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

/** Runs the executor and keeps what it writes. */
async function runReport(options: ReportOptions = {}) {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += text.toString();
      return true;
    });
  }
  const context: ExecutorContext = {
    root,
    cwd: root,
    isVerbose: false,
    projectsConfigurations: { version: 2, projects: {} },
    nxJsonConfiguration: {},
    projectGraph: { nodes: {}, dependencies: {} },
  };
  const result = await report({ png: false, ...options }, context);
  vi.restoreAllMocks();
  return { ...result, ...texts };
}

test('it makes PNGs and says so, or says how to get them', { timeout: 120_000 }, async () => {
  const { success, stdout } = await runReport({ png: true });
  expect(success).toBe(true);
  expect(stdout).toContain('Written: card.svg and 13 PNGs, card.png among them\n');
  expect(await readdir(join(root, 'reports', 'latest'))).toContain('card.png');
});

test('it prints the table and writes the report beside the run file', async () => {
  const { success, stdout, stderr } = await runReport();
  expect({ success, stderr }).toEqual({ success: true, stderr: '' });
  expect(stdout).toContain('×3.39 [3.32, 3.46] ✗');
  expect(stdout).toContain(
    'Written: reports/latest/report.html, summary.md, verdicts.junit.xml, trials.csv and 12 charts in reports/latest/charts\n',
  );
  expect((await readdir(join(root, 'reports', 'latest'))).sort()).toEqual([
    'charts',
    'report.html',
    'run.json',
    'summary.md',
    'trials.csv',
    'verdicts.junit.xml',
  ]);
});

test('exports are written beside the report and named', async () => {
  const { success, stdout } = await runReport({ export: 'hlog,bencher' });
  expect(success).toBe(true);
  expect(stdout).toContain(
    'Exported: reports/latest/bencher.json\nExported: reports/latest/latencies.hlog\n',
  );
  expect(await readdir(join(root, 'reports', 'latest'))).toEqual(
    expect.arrayContaining(['bencher.json', 'latencies.hlog']),
  );
});

test('a README with markers gets the results with links from its own folder', async () => {
  await writeFile(join(root, 'README.md'), `# Mine\n\n${markers}`);
  const { stdout } = await runReport();
  expect(stdout).toContain('Results put into README.md\n');
  expect(await readFile(join(root, 'README.md'), 'utf8')).toContain('](reports/latest/summary.md)');
});

test('a README without markers is left alone unless it is named', async () => {
  await writeFile(join(root, 'README.md'), '# Mine\n');
  await runReport();
  expect(await readFile(join(root, 'README.md'), 'utf8')).toBe('# Mine\n');
  await runReport({ readme: 'README.md' });
  expect(await readFile(join(root, 'README.md'), 'utf8')).toMatch(/^# Mine\n\n<!-- tare:results -->\n/);
});

test('readme=false leaves even a README with markers alone', async () => {
  await writeFile(join(root, 'README.md'), markers);
  await runReport({ readme: false });
  expect(await readFile(join(root, 'README.md'), 'utf8')).toBe(markers);
});

test.each([
  [{ runFile: 'none.json' }, /^--runFile=none\.json: cannot be read .*Run `nx run bench:compare` first\.\n$/],
  [{ runFile: '' }, /^--runFile=: expected a path from the workspace root\n$/],
  [{ export: 'hgrm,otava' }, /^--export=hgrm,otava: expected some of bencher, hgrm, hlog, .*trend\n$/],
  [{ readme: 'none.md' }, /^--readme=none\.md: expected an existing Markdown file/],
  [{ readme: 'reports' }, /^--readme=reports: cannot be read \(.*\), expected a Markdown file\n$/],
  [{ outputPath: 'reports/latest/run.json' }, /^Cannot write the report to .*\n$/],
])('%j fails with one line', async (options, message) => {
  const { success, stderr } = await runReport(options);
  expect(success).toBe(false);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
});

test('on GitHub Actions the conclusion is appended to the summary of the job', async () => {
  const path = join(root, 'step.md');
  await writeFile(path, 'before\n');
  vi.stubEnv('GITHUB_STEP_SUMMARY', path);
  const { success, stdout } = await runReport();
  expect(success).toBe(true);
  expect(stdout).toContain('Appended to the summary of the job\n');
  expect(await readFile(path, 'utf8')).toMatch(/^before\n## Comparison of [\s\S]*docker against native: /);
});

test('a summary of the job that cannot be written fails with one line', async () => {
  vi.stubEnv('GITHUB_STEP_SUMMARY', root);
  const { success, stderr } = await runReport();
  expect(success).toBe(false);
  expect(stderr).toMatch(/^Variable GITHUB_STEP_SUMMARY: cannot append to [^\n]*\n$/);
});

test('two reports of the same run are the same bytes, README included', async () => {
  await writeFile(join(root, 'README.md'), markers);
  const read = async () => {
    const files = await readdir(join(root, 'reports'), { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    return Promise.all([...paths.sort(), join(root, 'README.md')].map((path) => readFile(path, 'utf8')));
  };
  const { stdout } = await runReport();
  const first = await read();
  expect((await runReport()).stdout).toBe(stdout);
  expect(await read()).toEqual(first);
});

test.each([
  [
    'an unknown schema version',
    '{"schema": 7}',
    'other.json: has schema version 7, this version of Tare reads 2',
  ],
  [
    'a truncated file',
    JSON.stringify(exampleRun(1)).slice(0, 5000),
    'other.json: ends after 5000 characters in the middle of the JSON: the file is not whole',
  ],
])('%s fails with one line, and nothing is written', async (_, text, line) => {
  await writeFile(join(root, 'other.json'), text);
  const { success, stdout, stderr } = await runReport({ runFile: 'other.json' });
  expect({ success, stdout, stderr }).toEqual({ success: false, stdout: '', stderr: `${line}\n` });
  expect(await readdir(join(root, 'reports', 'latest'))).toEqual(['run.json']);
});

test('an environment without a trial is listed, and no figure is NaN', async () => {
  const run = exampleRun();
  const ghost = { name: 'ghost', kind: 'native', status: 'measured' as const, facts: {} };
  const text = JSON.stringify({ ...run, environments: [...run.environments, ghost] });
  await writeFile(join(root, 'reports', 'latest', 'run.json'), text);
  const { success, stdout } = await runReport();
  expect(success).toBe(true);
  expect(stdout).toContain('ghost: failed, The run file has no trial of it.\n');
  expect(stdout + (await readFile(join(root, 'reports', 'latest', 'summary.md'), 'utf8'))).not.toMatch(
    /NaN|undefined|Infinity/,
  );
});

test('a file that is no run file fails with one line that names it', async () => {
  await writeFile(join(root, 'other.json'), '{"schema": 1}');
  const { success, stderr } = await runReport({ runFile: 'other.json' });
  expect(success).toBe(false);
  expect(stderr).toMatch(/^[^\n]*other\.json[^\n]*\n$/);
});

test.each([
  ['a start without an end', '<!-- tare:results -->\n', /^The README has 1 × [^\n]*\n$/],
  ['two pairs', markers + markers, /^The README has 2 × [^\n]*\n$/],
])('a README with %s fails with one line and stays as it is', async (_, text, message) => {
  await writeFile(join(root, 'README.md'), text);
  const { success, stderr } = await runReport();
  expect(success).toBe(false);
  expect(stderr).toMatch(message);
  expect(await readFile(join(root, 'README.md'), 'utf8')).toBe(text);
});

test('a named README without markers gets the results once, however often', async () => {
  await writeFile(join(root, 'README.md'), '# Mine\n');
  await runReport({ readme: 'README.md' });
  const once = await readFile(join(root, 'README.md'), 'utf8');
  await runReport({ readme: 'README.md' });
  expect(await readFile(join(root, 'README.md'), 'utf8')).toBe(once);
  expect((await readdir(root)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test(
  'a calibration or a capacity file that is broken is left out in one line each, and the report is made',
  { timeout: 60_000 },
  async () => {
    const latest = join(root, 'reports', 'latest');
    const calibration = join(root, 'reports', 'calibration', `${hostFingerprint(exampleRun().host)}.json`);
    await mkdir(join(calibration, '..'), { recursive: true });
    for (const text of ['', '{"schema": 1}']) {
      await writeFile(join(latest, 'capacity.json'), text);
      await writeFile(calibration, text);
      const { success, stderr } = await runReport();
      expect(success).toBe(true);
      expect(stderr).toMatch(
        /^Left out: [^\n]*calibration[^\n]*\nLeft out: reports\/latest\/capacity\.json: [^\n]*\n$/,
      );
    }
    expect(await readdir(latest)).toContain('report.html');
  },
);

test('a README that is not UTF-8 keeps its bytes', async () => {
  const before = Buffer.from('Gr\xfc\xdfe\r\n', 'latin1');
  await writeFile(join(root, 'README.md'), Buffer.concat([before, Buffer.from(markers)]));
  expect((await runReport()).success).toBe(true);
  expect((await readFile(join(root, 'README.md'))).subarray(0, before.length).equals(before)).toBe(true);
});
