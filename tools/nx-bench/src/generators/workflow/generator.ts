import { detectPackageManager, formatFiles, logger, type PackageManager, type Tree } from '@nx/devkit';

export type WorkflowOptions = { readonly threshold?: number; readonly skipFormat?: boolean };

export const workflowPath = '.github/workflows/bench.yml';

/** Makes a workflow of GitHub Actions that runs the gate for every pull request; one that is there is left as it is. */
export default async function workflow(
  tree: Tree,
  { threshold = 5, skipFormat = false }: WorkflowOptions,
): Promise<void> {
  if (tree.exists(workflowPath)) {
    logger.info(`${workflowPath} is there already and stays as it is`);
    return;
  }
  tree.write(workflowPath, workflowText(tree, threshold));
  if (!skipFormat) await formatFiles(tree);
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

const installs: Readonly<Record<PackageManager, readonly string[]>> = {
  npm: ['npm ci'],
  pnpm: ['corepack enable', 'pnpm install --frozen-lockfile'],
  yarn: ['corepack enable', 'yarn install --immutable'],
  bun: ['npm install --global bun', 'bun install --frozen-lockfile'],
};

/** What the workflow is made of. */
export function workflowText(tree: Tree, threshold: number): string {
  const manager = packageManagerOf(tree);
  return `name: bench

on:
  pull_request:

permissions:
  contents: read

concurrency:
  # a newer push makes the measurement of an older one worthless
  group: bench-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  gate:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    env:
      # what nx affected and the gate compare with
      NX_BASE: origin/\${{ github.base_ref }}
    steps:
      - uses: actions/checkout@v4
        with:
          # the base is checked out beside the change
          fetch-depth: 0
      - uses: actions/setup-node@v4
        with:
          node-version: 24
${installs[manager].map((command) => `      - run: ${command}`).join('\n')}
      # what a pull request leaves alone is not measured; the gate adds its result to the summary of the job
      - run: npx nx affected -t gate --base="$NX_BASE" --threshold=${threshold} --outputStyle=static
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: gate
          path: reports/gate
          if-no-files-found: ignore
`;
}
