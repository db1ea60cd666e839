import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  formatFiles,
  joinPathFragments,
  logger,
  names,
  readNxJson,
  readProjectConfiguration,
  updateNxJson,
  workspaceRoot,
  writeJson,
  type Tree,
} from '@nx/devkit';
import { projectsNamedIn } from '@tare/nx-kit/plugin';
import { installedFolder } from '../../gather-packages.ts';
import { packages } from '../bench/generator.ts';
import { addPlugin, pluginName } from '../init/generator.ts';

type EnvironmentOptions = {
  readonly name: string;
  /** The project whose bench.config.ts uses it. */
  readonly project: string;
  readonly skipFormat?: boolean;
};

/**
 * Makes an environment of one's own with its test, and puts it into bench.config.ts; where the name is that of a package with a
 * recipe, copies that into the workspace instead. Files that are there are left.
 */
export default async function environment(tree: Tree, options: EnvironmentOptions): Promise<void> {
  const { name, project, skipFormat = false } = options;
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new Error(`--name=${name}: expected small letters, digits and hyphens, such as jemalloc`);
  const { root } = readProjectConfiguration(tree, project);
  const config = joinPathFragments(root, 'bench.config.ts');
  if (!tree.exists(config))
    throw new Error(
      `--project=${project}: there is no ${config}; make one: nx g @tare/nx-bench:bench <project>`,
    );
  const recipe = recipeOf(name);
  if (recipe !== undefined) {
    takeOut(tree, { name, recipe, benchText: tree.read(config, 'utf8') ?? '' });
    if (!skipFormat) await formatFiles(tree);
    return;
  }
  if (packages[name] !== undefined)
    throw new Error(
      `--name=${name}: ${packages[name]} has no recipe to take out, expected a name of your own`,
    );
  const { propertyName: word } = names(name);
  const files = {
    [joinPathFragments(root, 'environments', `${name}.ts`)]: environmentText(name, word),
    [joinPathFragments(root, 'environments', `${name}.spec.ts`)]: testText(name, word),
  };
  for (const [path, text] of Object.entries(files)) {
    if (tree.exists(path)) logger.info(`${path} is there already and stays as it is`);
    else tree.write(path, text);
  }
  useIn(tree, config, name, word);
  if (!skipFormat) await formatFiles(tree);
  logger.info(`Its test: node --test ${joinPathFragments(root, 'environments', `${name}.spec.ts`)}`);
}

/** The folder of the recipe that the package of an environment brings; undefined where there is no such package or recipe. */
function recipeOf(name: string): string | undefined {
  const plugin = `@tare/nx-${name}`;
  const folder = installedFolder(plugin, workspaceRoot);
  if (folder === undefined) return undefined;
  // in a published package it lies among what is built
  return [join(folder, 'recipe'), join(folder, 'dist', 'tools', `nx-${name}`, 'recipe')].find((path) =>
    existsSync(path),
  );
}

/** Copies a recipe into environments/<name>, a project of its own, where it can be changed. */
function takeOut(
  tree: Tree,
  { name, recipe, benchText }: { readonly name: string; readonly recipe: string; readonly benchText: string },
): void {
  const folder = `environments/${name}`;
  for (const entry of readdirSync(recipe, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = joinPathFragments(folder, relative(recipe, file));
    if (tree.exists(path)) logger.info(`${path} is there already and stays as it is`);
    else tree.write(path, readFileSync(file), { mode: statSync(file).mode & 0o777 });
  }
  const project = joinPathFragments(folder, 'project.json');
  if (!tree.exists(project)) writeJson(tree, project, { name: `${name}-recipe` });
  // its plugin gives the recipe the targets that make what it describes
  addPlugin(tree, `@tare/nx-${name}/plugin`);
  const dockerfile = joinPathFragments(folder, 'Dockerfile');
  if (!tree.exists(dockerfile)) return;
  const roots = projectsNamedIn(benchText).map((each) => readProjectConfiguration(tree, each).root);
  bakeBy(tree, `@tare/nx-${name}/plugin`, dockerfile, roots);
}

/** Says in nx.json which projects' bundles a Dockerfile bakes. */
function bakeBy(tree: Tree, plugin: string, dockerfile: string, roots: readonly string[]): void {
  const nxJson = readNxJson(tree) ?? {};
  const plugins = (nxJson.plugins ?? []).map((each) => {
    if (pluginName(each) !== plugin) return each;
    const options = (typeof each === 'string' ? {} : (each.options ?? {})) as { bakes?: unknown };
    const { bakes } = options;
    const others = typeof bakes === 'object' && bakes !== null && !Array.isArray(bakes) ? bakes : {};
    return { plugin, options: { ...options, bakes: { ...others, [dockerfile]: [...roots] } } };
  });
  updateNxJson(tree, { ...nxJson, plugins });
  logger.info(
    `${dockerfile} bakes the bundles of ${roots.join(', ')}: dist/{projectRoot}/main.mjs, or what the option "artifact" in nx.json says`,
  );
}

/** Imports it and adds it to the environments, unless the file has it. */
function useIn(tree: Tree, config: string, name: string, word: string): void {
  const text = tree.read(config, 'utf8') ?? '';
  const from = `./environments/${name}.ts`;
  if (text.includes(from)) return;
  const list = /\benvironments:\s*\[/.exec(text);
  const lastImport = [...text.matchAll(/^import\b[^;]*;\n/gm)].at(-1);
  if (list === null || lastImport === undefined) {
    logger.warn(`${config} has no list of environments that can be added to: add ${word}() from '${from}'`);
    return;
  }
  const end = text.indexOf(']', list.index);
  const listed = text.slice(0, end).trimEnd();
  const added = `${listed}${listed.endsWith('[') || listed.endsWith(',') ? '' : ','} ${word}()${text.slice(end)}`;
  const place = lastImport.index + lastImport[0].length;
  tree.write(config, `${added.slice(0, place)}import { ${word} } from '${from}';\n${added.slice(place)}`);
}

function environmentText(name: string, word: string): string {
  return `import { native, type Environment } from '@tare/nx-bench';

/** The app as a process of this host, with what is added below. */
export function ${word}(): Environment {
  const base = native();
  return {
    ...base,
    name: '${name}',
    kind: '${name}',
    // what this host lacks is said in the report, and the others are measured: { usable: false, reason, remedy }
    probe: () => Promise.resolve({ usable: true, facts: {} }),
    // native() takes down what a killed run left
    reap: () => Promise.resolve([]),
    // what the report lists of it
    prepare: async (...given) => ({ ...(await base.prepare(...given)), allocator: 'one arena' }),
    start: (launch, signal) =>
      base.start({ ...launch, variables: { ...launch.variables, MALLOC_ARENA_MAX: '1' } }, signal),
  };
}
`;
}

function testText(name: string, word: string): string {
  return `import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Artifact, RunContext } from '@tare/nx-bench';
import { ${word} } from './${name}.ts';

const server = \`
  const { createServer } = require('node:http');
  createServer((_, reply) => reply.end('answered')).listen(process.env.PORT, process.env.HOST);\`;

test('an app answers in ${name}, and nothing is left of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), '${name}-'));
  const path = join(folder, 'main.cjs');
  await writeFile(path, server);
  const artifact: Artifact = { kind: 'node', workload: 'app', path, sha256: '', bytes: server.length };
  const context: RunContext = {
    runId: \`test-\${process.pid}\`,
    nodeBinary: process.execPath,
    nodeVersion: process.version,
    resources: { cpus: 1, memoryMiB: 256, serverCpus: undefined, nodeArguments: [] },
  };
  const signal = AbortSignal.timeout(30_000);
  const environment = ${word}();
  const probed = await environment.probe(signal);
  assert(probed.usable);
  await environment.prepare(artifact, context, signal);
  const launch = { artifact, context, variables: {}, healthPath: '/', port: undefined, round: undefined, cold: false };
  const instance = await environment.start(launch, signal);
  try {
    await instance.started;
    const answer = async (): Promise<string> => {
      while (true) {
        const reply = await fetch(instance.url, { signal }).catch(() => undefined);
        if (reply !== undefined) return reply.text();
        signal.throwIfAborted();
      }
    };
    assert.equal(await answer(), 'answered');
    const { net } = await instance.meters();
    assert(net);
  } finally {
    await instance.stop();
    await environment.dispose();
    await rm(folder, { recursive: true });
  }
  await assert.rejects(fetch(instance.url));
});
`;
}
