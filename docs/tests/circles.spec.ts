import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { preProcessFile } from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const files = execFileSync('git', ['-C', root, 'ls-files', '*.ts']).toString().trim().split('\n');
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** The files of this repository that a file imports, types included. */
function importsOf(file: string): readonly string[] {
  return preProcessFile(readFileSync(join(root, file), 'utf8'))
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => normalize(join(dirname(file), fileName)));
}

/** A way from a file back to itself; undefined where there is none. */
function circle(start: string): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of imports.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, next];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}

it('no file imports itself, not even through others or for a type alone', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => circle(file)?.join(' → ') ?? [])).toEqual([]);
});
