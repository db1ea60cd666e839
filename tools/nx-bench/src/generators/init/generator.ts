import { dirname } from 'node:path';
import { formatFiles, logger, NX_VERSION, readNxJson, updateNxJson, type Tree } from '@nx/devkit';

export type InitOptions = { readonly skipFormat?: boolean };

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
  if (plugins.some((each) => (typeof each === 'string' ? each : each.plugin) === plugin)) return;
  updateNxJson(tree, { ...nxJson, plugins: [...plugins, { plugin }] });
  logger.info(`${plugin} is now a plugin of nx.json`);
}

function addIgnored(tree: Tree): void {
  const text = tree.read('.gitignore', 'utf8') ?? '';
  const known = new Set(text.split('\n').map((line) => line.trim().replaceAll(/^\/|\/$/g, '')));
  const missing = ignored.filter((path) => !known.has(path) && !known.has(dirname(path)));
  if (missing.length === 0) return;
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  tree.write('.gitignore', `${text}${end}${missing.join('\n')}\n`);
}
