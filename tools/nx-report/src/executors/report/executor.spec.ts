import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { exampleRun } from '@tare/report/example-run';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import report from './executor.ts';
import type { ReportOptions } from './executor.ts';

const markers = '<!-- tare:results -->\n<!-- /tare:results -->\n';
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tare-nx-report-'));
  await mkdir(join(root, 'reports', 'latest'), { recursive: true });
  await writeFile(join(root, 'reports', 'latest', 'run.json'), JSON.stringify(exampleRun()));
});
afterEach(async () => {
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
  const result = await report(options, context);
  vi.restoreAllMocks();
  return { ...result, ...texts };
}

test('it prints the table and writes the report beside the run file', async () => {
  const { success, stdout, stderr } = await runReport();
  expect({ success, stderr }).toEqual({ success: true, stderr: '' });
  expect(stdout).toContain('×3.42 [3.28, 3.56]');
  expect(stdout).toContain('Written: reports/latest/summary.md and 12 charts in reports/latest/charts\n');
  expect((await readdir(join(root, 'reports', 'latest'))).sort()).toEqual([
    'charts',
    'run.json',
    'summary.md',
  ]);
});

test('a README with markers gets the results with links from its own folder', async () => {
  await writeFile(join(root, 'README.md'), `# Mine\n\n${markers}`);
  const { stdout } = await runReport();
  expect(stdout).toContain('Results put into README.md\n');
  expect(await readFile(join(root, 'README.md'), 'utf8')).toContain(
    '](reports/latest/charts/primes-cpu.svg)',
  );
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
  [
    { runFile: 'none.json' },
    /^Option runFile: cannot read "none\.json" .*Run `nx run bench:compare` first\.\n$/,
  ],
  [{ runFile: '' }, /^Option runFile: got "", expected a path from the workspace root\.\n$/],
  [{ readme: 'none.md' }, /^Option readme: got "none\.md", expected an existing Markdown file/],
  [{ outputPath: 'reports/latest/run.json' }, /^Cannot write the report to .*\n$/],
])('%j fails with one line', async (options, message) => {
  const { success, stderr } = await runReport(options);
  expect(success).toBe(false);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
});

test('a file that is no run file fails with one line that names it', async () => {
  await writeFile(join(root, 'other.json'), '{"schema": 1}');
  const { success, stderr } = await runReport({ runFile: 'other.json' });
  expect(success).toBe(false);
  expect(stderr).toMatch(/^[^\n]*other\.json[^\n]*\n$/);
});

test('a README with broken markers fails with one line and stays as it is', async () => {
  await writeFile(join(root, 'README.md'), '<!-- tare:results -->\n');
  const { success, stderr } = await runReport();
  expect(success).toBe(false);
  expect(stderr).toMatch(/^The README has 1 × [^\n]*\n$/);
  expect(await readFile(join(root, 'README.md'), 'utf8')).toBe('<!-- tare:results -->\n');
});
