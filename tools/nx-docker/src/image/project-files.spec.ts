import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dockerIgnore, projectFiles } from './project-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the last matching pattern decides, and a folder takes all below it with it', () => {
  const ignored = dockerIgnore(['# notes', '*.md', '!README.md', '/docs/', '**/*.log']);
  const names = ['a.md', 'README.md', 'docs/x/y.txt', 'deep/er/a.log', 'src/a.ts'];
  expect(names.filter(ignored)).toEqual(['a.md', 'docs/x/y.txt', 'deep/er/a.log']);
});

test('a project’s context has its files but never its node_modules', () => {
  for (const path of ['src/a.ts', 'node_modules/b/c.js', 'pkg/node_modules/d.js', 'secret.env']) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
  writeFileSync(join(folder, '.dockerignore'), 'secret.env\n');
  expect([...projectFiles(folder).keys()].sort()).toEqual(['src/a.ts']);
});
