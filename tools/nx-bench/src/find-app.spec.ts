import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TargetConfiguration } from '@nx/devkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findApp } from './find-app.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tare find-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const esbuild: TargetConfiguration = {
  executor: '@nx/esbuild:esbuild',
  outputs: ['{options.outputPath}'],
  options: { main: 'apps/api/src/main.ts', outputPath: 'dist/apps/api' },
};

/** What is found in a project with these files, in one line of paths from the workspace's root. */
function found(
  files: Readonly<Record<string, string>>,
  {
    build,
    command,
    buildTargets = ['build'],
  }: { build?: TargetConfiguration; command?: string[]; buildTargets?: string[] } = {},
) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
    if (text.startsWith('\u007FELF')) chmodSync(join(root, file), 0o755);
  }
  mkdirSync(join(root, 'apps/api'), { recursive: true });
  const { app, from } = findApp(
    { kind: 'project', project: '@shop/api', ...(command && { command }) },
    { name: '@shop/api', root: 'apps/api', ...(build && { targets: { build } }) },
    { root, buildTargets },
  );
  const path = (url: URL) => fileURLToPath(url).slice(root.length + 1);
  return app.kind === 'node'
    ? { node: path(app.file), from }
    : { files: path(app.folder), command: app.command.join(' '), from };
}

describe('a build by esbuild, webpack, rollup, vite or tsc', () => {
  it.each<[string, TargetConfiguration, string]>([
    ['the name of its entry', esbuild, 'dist/apps/api/main.cjs'],
    [
      'the name that it is told',
      { ...esbuild, options: { ...(esbuild.options as object), outputFileName: 'start.js' } },
      'dist/apps/api/start.js',
    ],
    ['an inferred output', { outputs: ['{workspaceRoot}/dist/{projectRoot}'] }, 'dist/apps/api/server.mjs'],
    ['an output in the project', { outputs: ['{projectRoot}/dist/**/*.js'] }, 'apps/api/dist/index.js'],
    ['an output that is the file', { outputs: ['{projectRoot}/out/api.js'] }, 'apps/api/out/api.js'],
  ])('is one file for Node by %s', (_, build, file) => {
    const bundle = `const http = require("http"); import("node:fs"); require("not-installed");`;
    expect(found({ [file]: bundle }, { build })).toEqual({
      node: file,
      from: `@shop/api: ${file}, one file, the output of @shop/api:build`,
    });
  });

  it('is a folder where files or packages beside the script are needed', () => {
    const split = { 'dist/apps/api/main.js': `require('./lib/tax')`, 'dist/apps/api/lib/tax.js': '' };
    expect(found(split, { build: esbuild })).toEqual({
      files: 'dist/apps/api/',
      command: 'node main.js',
      from: '@shop/api: node main.js in dist/apps/api, the output of @shop/api:build',
    });
    const installed = {
      'node_modules/sharp/package.json': '{}',
      'dist/apps/api/node_modules/sharp/package.json': '{}',
      'dist/apps/api/main.js': `import sharp from 'sharp';`,
    };
    expect(found(installed, { build: esbuild })).toMatchObject({ files: 'dist/apps/api/' });
  });

  it('is put together with the packages that it needs, where they lie elsewhere', () => {
    const files = {
      'node_modules/express/package.json': '{"dependencies":{"qs":"1"}}',
      'node_modules/qs/package.json': '{}',
      'node_modules/@scope/part/package.json': '{}',
      'node_modules/by-name/package.json': '{}',
      'node_modules/react/package.json': '{}',
      'dist/apps/api/main.js': `module.exports = require('./src/main.js')`,
      'dist/apps/api/src/main.js': `// require('react')\nconst e = require("express"), p = require('@scope/part/deep')`,
      'apps/api/package.json': '{"dependencies":{"by-name":"1"}}',
    };
    expect(found(files, { build: esbuild })).toEqual({
      files: 'dist/tare/apps/api/',
      command: 'node main.js',
      from: '@shop/api: node main.js in dist/tare/apps/api, dist/apps/api and the 4 packages that it needs: the output of @shop/api:build',
    });
    expect(readdirSync(join(root, 'dist/tare/apps/api/node_modules'))).toEqual([
      '@scope',
      'by-name',
      'express',
      'qs',
    ]);
  });

  it('is the standalone server of Next', () => {
    const server = 'apps/api/.next/standalone/apps/api/server.js';
    const build = { outputs: ['{projectRoot}/.next', '!{projectRoot}/.next/cache'] };
    const files = { [server]: `require('./chunk.js')`, [server.replace('server.', 'chunk.')]: '' };
    expect(found(files, { build })).toMatchObject({
      files: 'apps/api/.next/standalone/',
      command: 'node apps/api/server.js',
    });
  });
});

it('finds the one executable of a build of Go, Rust or C', () => {
  const build = { outputs: ['{workspaceRoot}/dist/{projectRoot}'] };
  expect(found({ 'dist/apps/api/api': '\u007FELF', 'dist/apps/api/notes.txt': '' }, { build })).toMatchObject(
    {
      files: 'dist/apps/api/',
      command: './api',
    },
  );
});

it('takes a command in the output where that has its file, else in the folder of the project', () => {
  const files = { 'dist/apps/api/run.py': '', 'apps/api/server.js': '' };
  const build = { outputs: ['{workspaceRoot}/dist/{projectRoot}'] };
  expect(found(files, { build, command: ['python3', 'run.py'] })).toMatchObject({ files: 'dist/apps/api/' });
  expect(found(files, { build, command: ['node', 'server.js'] })).toMatchObject({
    files: 'apps/api/',
    from: '@shop/api: node server.js in apps/api, the folder of the project',
  });
  expect(found({}, { command: ['gunicorn', 'app:app'] })).toMatchObject({ files: 'apps/api/' });
});

it('takes the script "start" where nothing is built', () => {
  const start = (script: string) => ({
    'apps/api/package.json': JSON.stringify({ scripts: { start: script } }),
    'apps/api/server.js': `require('./lib')`,
    'apps/api/lib/index.js': '',
  });
  expect(found(start('node server.js'))).toEqual({
    files: 'apps/api/',
    command: 'node server.js',
    from: '@shop/api: node server.js in apps/api, the script "start" of its package.json',
  });
  expect(() => found(start('PORT=3 node server.js | tee log'))).toThrow(
    `project @shop/api has no target "build" and its package.json no script "start" that is one command. Say what runs it: project('@shop/api', { command: 'node server.js' })`,
  );
});

it('says what to write where a build left nothing to run, or does not say where', () => {
  expect(() => found({ 'dist/apps/api/readme.md': '' }, { build: esbuild })).toThrow(
    'target @shop/api:build left nothing that can be run in dist/apps/api. Say what runs it',
  );
  expect(() => found({ 'apps/api/Dockerfile': '' }, { build: { command: 'make' } })).toThrow(
    `target @shop/api:build does not say what it writes: give it "outputs". Say what runs it: project('@shop/api', { command: 'node server.js' }), in the folder apps/api or in its output, or image({ project: '@shop/api', port: … })`,
  );
});
