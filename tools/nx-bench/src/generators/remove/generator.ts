import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import {
  formatFiles,
  getProjects,
  joinPathFragments,
  logger,
  parseJson,
  readJson,
  readNxJson,
  removeDependenciesFromPackageJson,
  updateNxJson,
  type GeneratorCallback,
  type NxJsonConfiguration,
  type Tree,
} from '@nx/devkit';
import { isAsMade, isSameText } from '../bench/generator.ts';
import { pluginName, removeIgnored } from '../init/generator.ts';
import { workflowsIn } from '../workflow/generator.ts';

type RemoveOptions = {
  /** Whether what was measured goes, too. */
  readonly deleteReports?: boolean;
  readonly skipFormat?: boolean;
};

/** What executors write into reports/; anything else there is somebody else's. */
const results = ['latest', 'history', 'runs', 'gate', 'trend', 'calibration'].map(
  (name) => `reports/${name}`,
);

/** What runs gather of apps to start it elsewhere. */
const gathered = 'dist/tare';

/** Undoes what the generators have done. What was edited stays, and what was measured unless it is to go; a line says so. */
export default async function remove(tree: Tree, options: RemoveOptions): Promise<GeneratorCallback> {
  const { deleteReports = false, skipFormat = false } = options;
  for (const { root } of getProjects(tree).values()) {
    const path = joinPathFragments(root, 'bench.config.ts');
    const config = tree.read(path, 'utf8');
    if (config === null) continue;
    if (isAsMade(tree, root, config)) tree.delete(root);
    else logger.warn(`${path} stays: it is not as the generator makes it; delete it if nobody needs it`);
  }
  removeWorkflows(tree);
  removePlugins(tree);
  if (tree.exists(gathered)) tree.delete(gathered);
  const measured = results.filter((folder) => tree.exists(folder));
  if (deleteReports) for (const folder of measured) tree.delete(folder);
  if (deleteReports || measured.length === 0) removeIgnored(tree);
  else
    logger.warn(
      `${measured.join(', ')} and the lines about them in .gitignore stay: --deleteReports takes out what was measured, too`,
    );
  const uninstall = removePackages(tree);
  if (!skipFormat) await formatFiles(tree);
  for (const path of ['nx.json', 'package.json']) restoreBytes(tree, path);
  return uninstall;
}

/** JSON that is written anew has lost comments and line breaks: where it says what the last commit does, it gets its bytes back. */
function restoreBytes(tree: Tree, path: string): void {
  const committed = spawnSync('git', ['show', `HEAD:./${path}`], { cwd: tree.root, encoding: 'utf8' });
  if (committed.status !== 0) return;
  const said = (text: string): object => {
    const members = Object.entries(parseJson<object>(text)) as readonly (readonly [string, unknown])[];
    // npm takes out "dependencies" when they are empty
    return Object.fromEntries(members.filter(([, value]) => !/^(?:\{\}|\[\])$/.test(JSON.stringify(value))));
  };
  if (isDeepStrictEqual(said(committed.stdout), said(tree.read(path, 'utf8') ?? '{}')))
    tree.write(path, committed.stdout);
}

function removeWorkflows(tree: Tree): void {
  for (const { path, text, made } of workflowsIn(tree)) {
    if (isSameText(made, tree, path)) tree.delete(path);
    // a workflow of this name need not be one of ours
    else if (/(?:affected|run-many) -t (?:gate|docker-push)|tare-gate/.test(text))
      logger.warn(`${path} stays: it is not as the generator makes it, and what it runs is gone`);
  }
}

function removePlugins(tree: Tree): void {
  const nxJson = readNxJson(tree) ?? {};
  const { plugins = [], ...others } = nxJson;
  const [own, kept] = [plugins.filter(isOwn), plugins.filter((each) => !isOwn(each))];
  if (own.length === 0) return;
  for (const each of own) {
    const options = typeof each === 'string' ? {} : (each.options ?? {});
    if (Object.keys(options).length > 0)
      logger.warn(`${pluginName(each)} leaves nx.json with its options ${JSON.stringify(options)}`);
  }
  updateNxJson(tree, kept.length === 0 ? others : { ...nxJson, plugins: kept });
}

function isOwn(plugin: NonNullable<NxJsonConfiguration['plugins']>[number]): boolean {
  return pluginName(plugin).startsWith('@tare/nx-');
}

/** Takes the plugins, and the Node that comes with them, out of package.json. @returns what installs the rest. */
function removePackages(tree: Tree): GeneratorCallback {
  const { dependencies = {}, devDependencies = {} } = readJson<{
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  }>(tree, 'package.json');
  const own = [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter((name) =>
    /^@tare\/(?:nx|node)-/.test(name),
  );
  return own.length === 0 ? () => undefined : removeDependenciesFromPackageJson(tree, own, own);
}
