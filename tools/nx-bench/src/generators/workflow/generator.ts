import {
  detectPackageManager,
  formatFiles,
  logger,
  readJson,
  readNxJson,
  type PackageManager,
  type Tree,
} from '@nx/devkit';
import { type WorkflowFacts, workflows } from './workflows.ts';

export type WorkflowOptions = {
  readonly threshold?: number;
  /** Those to make, by their name; all by default. */
  readonly workflows?: readonly string[];
  readonly skipFormat?: boolean;
};

const folder = '.github/workflows';

/** Which files a workflow is made of. */
const sets: Readonly<Record<string, readonly (keyof typeof workflows)[]>> = {
  ci: ['ci.yml'],
  bench: ['bench.yml', 'bench-comment.yml'],
  cd: ['cd.yml'],
};

/** Makes workflows of GitHub Actions; a file that is there is left as it is. */
export default async function workflow(
  tree: Tree,
  { threshold = 5, workflows: asked, skipFormat = false }: WorkflowOptions,
): Promise<void> {
  const unknown = asked?.find((name) => !Object.hasOwn(sets, name));
  if (unknown !== undefined)
    throw new Error(`option workflows has "${unknown}"; expected some of ${Object.keys(sets).join(', ')}`);
  const canPush = (readNxJson(tree)?.plugins ?? []).some(
    (each) => (typeof each === 'string' ? each : each.plugin) === '@tare/nx-docker/plugin',
  );
  const names = asked ?? Object.keys(sets).filter((name) => name !== 'cd' || canPush);
  if (asked === undefined && !canPush)
    logger.info('no cd.yml: it pushes images, and nx.json has no @tare/nx-docker/plugin that makes any');
  for (const file of names.flatMap((name) => sets[name] ?? [])) {
    const path = `${folder}/${file}`;
    if (tree.exists(path)) logger.info(`${path} is there already and stays as it is`);
    else tree.write(path, workflows[file](factsOf(tree, threshold)));
  }
  const badges = badgesFor(
    tree,
    names.flatMap((name) => sets[name] ?? []),
  );
  if (badges.length > 0) logger.info(`badges for the README:\n${badges.join('\n')}`);
  if (!skipFormat) await formatFiles(tree);
}

/** Lines of Markdown that show how the last run of workflows ended; none where package.json names no repository of GitHub. */
export function badgesFor(tree: Tree, files: readonly string[]): readonly string[] {
  const { repository } = readJson<{ repository?: string | { readonly url?: string } }>(tree, 'package.json');
  const given = typeof repository === 'string' ? repository : repository?.url;
  const [, path] = /^(?:.*\bgithub(?:\.com)?[/:])?([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(given ?? '') ?? [];
  if (path === undefined) return [];
  // one that runs on the main branch
  const shown = { 'ci.yml': 'ci', 'cd.yml': 'image' };
  return Object.entries(shown).flatMap(([file, label]) => {
    const address = `https://github.com/${path}/actions/workflows/${file}`;
    return files.includes(file) ? [`[![${label}](${address}/badge.svg)](${address})`] : [];
  });
}

function factsOf(tree: Tree, threshold: number): WorkflowFacts {
  const branch = (readNxJson(tree)?.defaultBase ?? 'main').replace(/^origin\//, '');
  return { manager: packageManagerOf(tree), branch, threshold };
}

function packageManagerOf(tree: Tree): PackageManager {
  const locks: readonly (readonly [string, PackageManager])[] = [
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['bun.lockb', 'bun'],
    ['package-lock.json', 'npm'],
  ];
  return locks.find(([lock]) => tree.exists(lock))?.[1] ?? detectPackageManager(tree.root);
}

/** The workflows that are there: their path, what they say, and what the generator would write in their place. */
export function workflowsIn(
  tree: Tree,
): readonly { readonly path: string; readonly text: string; readonly made: string }[] {
  return Object.entries(workflows).flatMap(([file, make]) => {
    const path = `${folder}/${file}`;
    const text = tree.read(path, 'utf8');
    if (text === null) return [];
    const threshold = Number(/ --threshold=(\S+)/.exec(text)?.[1] ?? 5);
    return [{ path, text, made: make(factsOf(tree, threshold)) }];
  });
}
