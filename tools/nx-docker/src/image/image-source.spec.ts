import { createWriteStream, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hostArchitecture } from '@tare/nx-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixedTar, type TarEntry } from '../fixed-tar.ts';
import { image } from './image-source.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tare-test-')));
const cwd = process.cwd();
beforeAll(() => {
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(cwd);
  rmSync(folder, { recursive: true });
});
const signal = AbortSignal.timeout(20_000);

/** Writes what docker-build leaves of a project: its record, and the image as `docker save` writes it. */
const write = async (project: string, files: Readonly<Record<string, string>>): Promise<void> => {
  const out = join(folder, 'dist/docker', project);
  mkdirSync(out, { recursive: true });
  const record = {
    id: `sha256:${'1'.repeat(64)}`,
    tag: `tare/${project}:1`,
    contentDigest: '2'.repeat(64),
    architecture: 'any',
    sizeBytes: 3,
    artifactSha256: null,
    baseSha256: null,
    base: null,
    nodeVersion: null,
    builder: 'buildkit',
  };
  writeFileSync(join(out, 'image.json'), JSON.stringify(record));
  const entries = Object.entries(files).map(([name, text]): TarEntry => ({
    name,
    mode: 0o644,
    type: 'text',
    text,
  }));
  await pipeline(fixedTar(entries), createWriteStream(join(out, 'image.tar')));
};
const config = (more: object = {}, architecture = hostArchitecture()): string =>
  JSON.stringify({ architecture, os: 'linux', config: { Cmd: ['/a'], ...more } });

test('what is asked stands beside the app', () => {
  const { app, ...asked } = image('registry/pay:1.4', { port: 3000, get: '/' });
  expect(asked).toEqual({ port: 3000, get: '/' });
  expect(app).toMatchObject({ kind: 'image', name: 'registry/pay:1.4' });
  const own = image({ project: '@shop/flask', port: 8000 });
  expect(own).toEqual({ port: 8000, app: { ...own.app, name: '@shop/flask', project: '@shop/flask' } });
});

test.each(['docker save', 'the OCI layout'])(
  'a project’s image is read without an engine (%s)',
  async (layout) => {
    const name = layout === 'docker save' ? 'abc.json' : 'blobs/sha256/abc';
    await write('@shop/web', {
      'blobs/sha256/layer': 'not JSON',
      [name]: config({
        Entrypoint: ['/entry.sh'],
        Cmd: ['node', 'main.js'],
        Env: ['A=b'],
        WorkingDir: '/srv',
        User: 'app',
        ExposedPorts: { '3000/tcp': {}, '53/udp': {}, '9000/tcp': {} },
      }),
      'manifest.json': JSON.stringify([{ Config: name, RepoTags: null, Layers: [] }]),
    });
    expect(await image({ project: '@shop/web' }).app.read(signal)).toEqual({
      kind: 'image',
      reference: 'tare/@shop/web:1',
      archive: join(folder, 'dist/docker/@shop/web/image.tar'),
      sha256: '2'.repeat(64),
      bytes: 3,
      config: {
        command: ['/entry.sh', 'node', 'main.js'],
        variables: ['A=b'],
        workingDirectory: '/srv',
        user: 'app',
        ports: [3000, 9000],
      },
    });
  },
);

test.each([
  [
    'foreign',
    config({}, 'riscv64'),
    /the image foreign is for riscv64 and this host is \w+: build it for linux\//,
  ],
  [
    'empty',
    config({ Cmd: null }),
    /the image empty has no command: give its Dockerfile an ENTRYPOINT or a CMD/,
  ],
  ['broken', '', /image\.tar cannot be read as an image: it is no archive of docker save/],
])('what cannot be run is refused in one line: %s', async (project, text, message) => {
  await write(project, {
    ...(text !== '' && { 'a.json': text }),
    'manifest.json': JSON.stringify([{ Config: 'a.json', Layers: [] }]),
  });
  await expect(image({ project }).app.read(signal)).rejects.toThrow(message);
});

test('a project that has built no image, and what is no reference, are named with what to do', async () => {
  await expect(image({ project: 'none' }).app.read(signal)).rejects.toThrow(
    /dist\/docker\/none\/image\.json cannot be read\. Run nx run none:docker-build/,
  );
  expect(() => image('')).toThrow('image: the reference is ""; expected one like "registry/pay:1.4"');
});
