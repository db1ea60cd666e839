import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { files, node, project } from '../config/apps.ts';
import { readArtifact } from './read-artifact.ts';

const folders: string[] = [];
let folder: string;
beforeEach(() => {
  folder = tree();
});
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

/** A folder as a build makes it. */
function tree(): string {
  const made = mkdtempSync(join(tmpdir(), 'tare-artifact-'));
  folders.push(made);
  mkdirSync(join(made, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(made, 'server.js'), 'serve');
  writeFileSync(join(made, 'node_modules/tool'), 'x'.repeat(100));
  symlinkSync('../tool', join(made, 'node_modules/.bin/tool'));
  return made;
}

const read = (of: string, name = '@shop/api:browse') =>
  readArtifact({ name, ...files(pathToFileURL(`${of}/`), 'node server.js') });

it('reads a folder and its command, the same for the same content', async () => {
  const artifact = await read(folder);
  expect(artifact).toMatchObject({
    kind: 'files',
    workload: '@shop/api',
    path: folder,
    command: ['node', 'server.js'],
    bytes: 105,
  });
  const other = tree();
  utimesSync(join(other, 'server.js'), 1, 1);
  expect((await read(other)).sha256).toBe(artifact.sha256);
});

it.each<[string, (of: string) => void]>([
  ['content', (of) => writeFileSync(join(of, 'server.js'), 'swerve')],
  ['mode', (of) => chmodSync(join(of, 'server.js'), 0o755)],
  ['name', (of) => writeFileSync(join(of, '.env'), '')],
  ['empty folder', (of) => mkdirSync(join(of, 'data'))],
  [
    'link',
    (of) => {
      rmSync(join(of, 'node_modules/.bin/tool'));
      symlinkSync('../../server.js', join(of, 'node_modules/.bin/tool'));
    },
  ],
])('another %s makes another digest', async (_, change) => {
  const before = await read(folder);
  change(folder);
  expect((await read(folder)).sha256).not.toBe(before.sha256);
});

it.each([
  [
    'a file that is not built',
    { name: 'api', ...node(new URL('file:///none/main.mjs')) },
    'workload api: its app /none/main.mjs cannot be read (ENOENT); build it: nx run api:build',
  ],
  [
    'a folder that is not built',
    { name: 'api', ...files(new URL('file:///none/'), 'node main.js') },
    'workload api: its folder /none cannot be read (ENOENT); build it: nx run api:build',
  ],
  [
    'a folder for a file',
    { name: 'api', ...node(new URL('file:///tmp')) },
    'workload api: its app /tmp is a folder, expected a file: for a folder there is files(folder, command)',
  ],
  [
    'a project that nobody knows',
    { name: 'api', ...project('@shop/api') },
    'workload api: nothing here knows the projects of a workspace: name what @shop/api builds',
  ],
])('refuses %s in one line', async (_, workload, message) => {
  await expect(readArtifact(workload)).rejects.toThrow(message);
});

it('refuses an empty folder', async () => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  await expect(read(folder)).rejects.toThrow(
    `its folder ${folder} is empty; build it: nx run @shop/api:build`,
  );
});
