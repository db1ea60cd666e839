import { dirname } from 'node:path';
import {
  formatFiles,
  logger,
  NX_VERSION,
  readNxJson,
  updateNxJson,
  type PluginConfiguration,
  type Tree,
} from '@nx/devkit';

type InitOptions = { readonly skipFormat?: boolean };

// what the peer range of the package says
const oldestNx = [22, 7] as const;

/** What runs write and nobody commits; the latest report, the history and calibrations are kept. */
const ignored = ['reports/runs', 'reports/gate', 'reports/trend', 'dist/tare'];

/** Puts the plugin into nx.json and what runs leave behind into .gitignore, each once. */
export default async function init(tree: Tree, { skipFormat = false }: InitOptions): Promise<void> {
  requireNx(NX_VERSION);
  addPlugin(tree, '@tare/nx-bench/plugin');
  addIgnored(tree);
  if (!skipFormat) await formatFiles(tree);
}

/** @throws Error in one line when this Nx is older than the plugins can be loaded by. */
export function requireNx(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNx;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `this is Nx ${version}, Tare needs ${oldestNx.join('.')} or newer: nx migrate latest, then nx migrate --run-migrations`,
  );
}

/** Puts a plugin into nx.json, unless it is there. @throws Error in one line without an nx.json. */
export function addPlugin(tree: Tree, plugin: string): void {
  const nxJson = readNxJson(tree);
  if (nxJson === null) throw new Error('there is no nx.json here; run this in the root of an Nx workspace');
  const { plugins = [] } = nxJson;
  if (plugins.some((each) => pluginName(each) === plugin)) return;
  updateNxJson(tree, { ...nxJson, plugins: [...plugins, { plugin }] });
  logger.info(`${plugin} is now a plugin of nx.json`);
}

/** What an entry of the plugins in nx.json is called. */
export function pluginName(entry: PluginConfiguration): string {
  return typeof entry === 'string' ? entry : entry.plugin;
}

const ignoredBecause = '# what runs of Tare leave behind';

function addIgnored(tree: Tree): void {
  const lines = (tree.read('.gitignore', 'utf8') ?? '').split('\n');
  const known = new Set(lines.map((line) => line.trim().replaceAll(/^\/|\/$/g, '')));
  const missing = ignored.filter((path) => !known.has(path) && !known.has(dirname(path)));
  if (missing.length === 0) return;
  // before the empty one that a last line feed makes, so that taking them out again leaves the file as it was
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  tree.write('.gitignore', lines.toSpliced(end, 0, ignoredBecause, ...missing).join('\n'));
}

/** Takes out of .gitignore what init has put there. */
export function removeIgnored(tree: Tree): void {
  const lines = (tree.read('.gitignore', 'utf8') ?? '').split('\n');
  const start = lines.indexOf(ignoredBecause);
  if (start === -1) return;
  const others = lines.findIndex((line, place) => place > start && !ignored.includes(line));
  const text = lines.toSpliced(start, (others === -1 ? lines.length : others) - start).join('\n');
  if (text === '') tree.delete('.gitignore');
  else tree.write('.gitignore', text);
}
