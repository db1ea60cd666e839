import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { expect, it } from 'vitest';
import workflow from './generator.ts';

const path = '.github/workflows/bench.yml';

it.each([
  ['package-lock.json', 'npm ci'],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile'],
  ['yarn.lock', 'yarn install --immutable'],
  ['bun.lock', 'bun install --frozen-lockfile'],
])('installs by the package manager of %s and runs the gate', async (lock, install) => {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  tree.write(lock, '');
  await workflow(tree, { threshold: 3 });
  const text = tree.read(path, 'utf8') ?? '';
  expect(text).toContain(`      - run: ${install}\n`);
  expect(text).toContain('npx nx affected -t gate --base="$NX_BASE" --threshold=3 --outputStyle=static');
});

it('leaves a workflow that is there', async () => {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  tree.write(path, 'edited');
  await workflow(tree, {});
  expect(tree.read(path, 'utf8')).toBe('edited');
});
