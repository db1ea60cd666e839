import { readNxJson } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { expect, it } from 'vitest';
import init, { requireNx } from './generator.ts';

it('sets a workspace up once', async () => {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  tree.write('.gitignore', 'dist\n/reports/runs/');
  await init(tree, {});
  await init(tree, {});
  expect(readNxJson(tree)?.plugins).toEqual([{ plugin: '@tare/nx-bench/plugin' }]);
  expect(tree.read('.gitignore', 'utf8')).toBe(
    'dist\n/reports/runs/\n# what runs of Tare leave behind\nreports/gate\nreports/trend',
  );
});

it('leaves a .gitignore that has all reports', async () => {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  tree.write('.gitignore', 'reports/\ndist\n');
  await init(tree, {});
  expect(tree.read('.gitignore', 'utf8')).toBe('reports/\ndist\n');
});

it('says in one line that an Nx is too old', () => {
  expect(() => {
    requireNx('21.6.3');
  }).toThrow('this is Nx 21.6.3, Tare needs 22.7 or newer: nx migrate latest');
  requireNx('22.7.0');
  requireNx('23.2.1');
});
