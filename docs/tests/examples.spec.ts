import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createProjectGraphAsync, type ProjectGraph } from '@nx/devkit';
import { readOptions } from '@tare/options';
import { loadConfig } from '@tare/runner';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { commandsOf, documents, fencesOf, root, type Command } from './documents.ts';
import { executors, type Executor } from './generated-files.ts';

const run = promisify(execFile);
const all = [...documents()];
const fences = all.flatMap(([path, text]) => fencesOf(path, text));
const commands = all.flatMap(([path, text]) => commandsOf(path, text));

/** Languages of blocks, and what is done with them; output has none. */
const languages = ['', 'json', 'sh', 'sql', 'ts'];

it.each(fences)('$place is a block that is checked, or output', ({ language }) => {
  expect(languages).toContain(language);
});

it.each(fences.filter(({ language }) => language === 'json'))('$place is JSON', ({ text }) => {
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});

it.each(all)('%s links only to what is there', (path, text) => {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target);
  expect(links.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
});

describe('TypeScript', () => {
  const examples = fences.filter(({ language }) => language === 'ts');
  // below the root, so that packages are found; dist is no part of the repository
  let folder: string;
  beforeAll(async () => {
    await mkdir(join(root, 'dist'), { recursive: true });
    folder = await mkdtemp(join(root, 'dist', 'examples-'));
    await cp(join(root, 'apps/bench/workloads'), join(folder, 'workloads'), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await Promise.all(examples.map(({ text }, index) => writeFile(fileOf(index), text)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const fileOf = (index: number): string => join(folder, `example-${index}.ts`);

  it('is right in all examples', { timeout: 300_000 }, () => {
    const base = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path));
    const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, root);
    const program = ts.createProgram({
      rootNames: examples.map((_, index) => fileOf(index)),
      options: { ...options, noUnusedLocals: false },
    });
    const problems = examples.flatMap(({ place }, index) => {
      const source = program.getSourceFile(fileOf(index));
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    });
    expect(problems).toEqual([]);
  });

  const configurations = examples
    .map(({ place, text }, index) => ({ place, text, index }))
    .filter(({ text }) => text.includes('export default defineBench('));
  it.each(configurations)('$place is a configuration that loads', { timeout: 120_000 }, async ({ index }) => {
    const { workloads, environments } = await loadConfig(fileOf(index));
    expect(workloads.length * environments.length).toBeGreaterThan(0);
  });
});

type CommandsOfTare = { readonly commands: Readonly<Record<string, { readonly table: z.ZodObject }>> };

describe('commands', () => {
  let graph: ProjectGraph;
  let tables: readonly Executor[];
  let commandsOfTare: CommandsOfTare['commands'];
  beforeAll(async () => {
    process.env.NX_DAEMON = 'false';
    [graph, tables] = await Promise.all([createProjectGraphAsync(), executors()]);
    const program = join(root, 'tools/nx-bench/src/cli/commands.ts');
    ({ commands: commandsOfTare } = (await import(pathToFileURL(program).href)) as CommandsOfTare);
  }, 300_000);

  it.each(commands.map((command) => ({ ...command, line: command.words.join(' ') })))(
    '$place: $line',
    (command) => {
      check(command);
    },
  );

  /** Every command must be one of these; what is not is to be added here, with how it is checked. */
  function check({ words }: Command): void {
    const [program = '', first = '', second = '', ...others] = words;
    if (program === 'sudo') return check({ place: '', words: words.slice(1) });
    if (program === 'npx' && first === 'nx' && second === 'add') return checkInstalled(others);
    if (program === 'npx' && first === 'nx') return checkNx(second, others);
    if (program === 'npx' && first === 'tare') return checkCommand(second, others);
    if (program === 'npx' && first === 'tare-gate') return checkOptions('bench:gate', words.slice(2));
    if (/^[A-Z_]+=/.test(program)) return check({ place: '', words: words.slice(1) });
    // e2e of tools/packages makes and installs them
    if (program === 'npm' && first === 'install') return checkInstalled(words.slice(2));
    if (program === 'npm') return checkNpm(first === 'run' ? second : first);
    if (program === 'bash' || program.startsWith('environments/')) {
      return expect(existsSync(join(root, program === 'bash' ? first : program))).toBe(true);
    }
    if (program === 'node') return expect(existsSync(join(root, first))).toBe(true);
    // the trend makes its folder
    if (program === 'cd')
      return expect(existsSync(join(root, first)) || first === 'reports/trend').toBe(true);
    // not of this repository: what they read is checked by the specs of libs/report
    if (['bencher', 'java', 'otava'].includes(program)) return;
    // of Debian and of Vagrant, which `.ci/run` and the tests of nx-vagrant run, and curl
    expect(['apt-get', 'curl', 'service', 'vagrant']).toContain(program);
  }

  function checkInstalled(words: readonly string[]): void {
    const packages = words.filter((word) => !word.startsWith('-'));
    expect(packages).not.toEqual([]);
    expect(packages.filter((name) => !existsSync(join(root, 'node_modules', name)))).toEqual([]);
  }

  function checkNpm(script: string): void {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    expect(['ci', ...Object.keys(manifest.scripts)]).toContain(script);
  }

  function checkNx(command: string, words: readonly string[]): void {
    // of .ci/run
    if (command === 'release') return expect(words[0]).toBe('publish');
    if (command === 'graph') return expect(words).toEqual([]);
    if (command === 'g') return checkGenerator(words[0] ?? '', words.slice(1));
    if (command === 'run') return checkOptions(words[0] ?? '', words.slice(1));
    expect(['run-many', 'affected']).toContain(command);
    const known = new Set(Object.values(graph.nodes).flatMap(({ data }) => Object.keys(data.targets ?? {})));
    const targets = words.filter((word) => !word.startsWith('-'));
    expect(targets.filter((target) => !known.has(target))).toEqual([]);
  }

  function flagsOf(words: readonly string[]): readonly (readonly [string, string])[] {
    return words.flatMap((word) => {
      const flag = /^--(\w+)(?:=(.*))?$/.exec(word);
      return flag === null ? [] : [[flag[1] ?? '', flag[2] ?? 'true'] as const];
    });
  }

  /** A generator of this workspace, with options that its schema has. */
  function checkGenerator(name: string, words: readonly string[]): void {
    const [plugin = '', generator = ''] = name.split(':');
    const folder = join(root, plugin.replace('@tare/', 'tools/'));
    const { generators } = JSON.parse(readFileSync(join(folder, 'generators.json'), 'utf8')) as {
      generators: Record<string, { schema: string }>;
    };
    const { properties } = JSON.parse(
      readFileSync(join(folder, generators[generator]?.schema ?? ''), 'utf8'),
    ) as {
      properties: object;
    };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(flagsOf(words).map(([flag]) => flag)));
  }

  /** A command of `tare`, with options that it reads. */
  function checkCommand(name: string, words: readonly string[]): void {
    const command = commandsOfTare[name];
    expect(command, `tare ${name} is no command`).toBeDefined();
    if (command !== undefined) readOptions(command.table, Object.fromEntries(flagsOf(words)));
  }

  function checkOptions(name: string, words: readonly string[]): void {
    // what a generator makes for an app has the targets of the bench of this workspace
    const [project = '', target = ''] = name.replace(/^[\w-]+-bench:/, 'bench:').split(':');
    const found = graph.nodes[project]?.data.targets?.[target];
    expect(found, `${name} is no target`).toBeDefined();
    const end = words.indexOf('--');
    const own = end < 0 ? words : words.slice(0, end);
    const at = own.indexOf('-c');
    if (at >= 0) expect(Object.keys(found?.configurations ?? {})).toContain(own[at + 1]);
    const flags = flagsOf(own);
    const table = tables.find((each) => each.name === found?.executor)?.options;
    if (table === undefined || flags.some(([flag]) => flag === 'help')) return;
    readOptions(table, { ...(found?.options as object | undefined), ...Object.fromEntries(flags) });
  }

  it('runs for real what takes seconds: the trend', { timeout: 300_000 }, async () => {
    const env = { ...process.env, NX_DAEMON: 'false' };
    const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
    const { stdout } = await run(process.execPath, [nx, 'run', 'bench:trend'], { cwd: root, env });
    expect(stdout).toContain('Written: reports/trend/trend.md');
  });
});
