import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatherPackages } from './gather-packages.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tare-gather-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(join(root, dirname(file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function install(folder: string, version: string, dependencies: readonly string[] = []): void {
  const needed = Object.fromEntries(dependencies.map((name) => [name, '*']));
  write(
    `${folder}/package.json`,
    JSON.stringify({ version, dependencies: needed, peerDependencies: { none: '*' } }),
  );
  const loaded = dependencies.map((name) => `require('${name}')`).join(' + ');
  write(
    `${folder}/index.js`,
    `module.exports = '${folder.split('/').at(-1)}@${version} '${loaded && ` + ${loaded}`};`,
  );
}

/** Gathers what dist/api/main.js needs, takes the rest away, and runs it. */
function gatherAndRun(packages: readonly string[]) {
  write('dist/api/main.js', `console.log(${packages.map((name) => `require('${name}')`).join(' + ')})`);
  mkdirSync(join(root, 'apps/api'), { recursive: true });
  const to = join(root, 'gathered');
  const count = gatherPackages({
    app: join(root, 'dist/api'),
    to,
    packages,
    projectFolder: join(root, 'apps/api'),
  });
  for (const folder of ['dist', 'node_modules', 'apps'])
    rmSync(join(root, folder), { recursive: true, force: true });
  return {
    count,
    printed: execFileSync(process.execPath, [join(to, 'main.js')], { encoding: 'utf8' }).trim(),
  };
}

it('takes the packages of npm with theirs, another version where it is needed', () => {
  install('node_modules/web', '1', ['part', '@scope/part']);
  install('node_modules/part', '1');
  install('node_modules/@scope/part', '2', ['part']);
  install('node_modules/@scope/part/node_modules/part', '3');
  install('node_modules/unused', '1');
  expect(gatherAndRun(['web'])).toEqual({ count: 4, printed: 'web@1 part@1 part@2 part@3' });
  expect(existsSync(join(root, 'gathered/node_modules/unused'))).toBe(false);
});

it('takes the packages that pnpm links, as files', () => {
  install('node_modules/.pnpm/web@1/node_modules/web', '1', ['part']);
  install('node_modules/.pnpm/part@1/node_modules/part', '1');
  symlinkSync('../../part@1/node_modules/part', join(root, 'node_modules/.pnpm/web@1/node_modules/part'));
  mkdirSync(join(root, 'apps/api/node_modules'), { recursive: true });
  symlinkSync('../../../node_modules/.pnpm/web@1/node_modules/web', join(root, 'apps/api/node_modules/web'));
  expect(gatherAndRun(['web'])).toEqual({ count: 2, printed: 'web@1 part@1' });
});

it('ends where packages need each other', () => {
  install('node_modules/one', '1');
  install('node_modules/other', '1', ['one']);
  write('node_modules/one/package.json', JSON.stringify({ dependencies: { other: '*' } }));
  expect(gatherAndRun(['other'])).toEqual({ count: 2, printed: 'other@1 one@1' });
});
