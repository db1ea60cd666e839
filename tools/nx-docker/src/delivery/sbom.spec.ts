import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixedTar, type TarEntry } from '../fixed-tar.ts';
import { readImageContents } from '../image/image-contents.ts';
import { imageSbom, sbomOfPush } from './sbom.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const file = (name: string, text = ''): TarEntry => ({ name, mode: 0o644, type: 'text', text });
const manifest = (path: string, name: string, version: string): TarEntry =>
  file(`${path}/node_modules/${name}/package.json`, JSON.stringify({ name, version, license: 'MIT' }));

/** What docker save writes of an image with these layers, from the base up; the first one compressed. */
async function saved(...layers: readonly (readonly TarEntry[])[]): Promise<string> {
  const tars = await Promise.all(layers.map((entries) => buffer(fixedTar(entries))));
  const bytes = tars.map((tar, index) => (index === 0 ? gzipSync(tar) : tar));
  const names = bytes.map((_, index) => `blobs/sha256/${index}`);
  const entries = [
    ...bytes.map((layer, index): TarEntry => ({
      name: names[index] ?? '',
      mode: 0o644,
      type: 'bytes',
      size: layer.length,
      bytes: [layer] as unknown as AsyncIterable<unknown>,
    })),
    file('config.json', '{}'),
    file('manifest.json', JSON.stringify([{ Config: 'config.json', Layers: names }])),
  ];
  const archive = join(folder, 'image.tar');
  await pipeline(fixedTar(entries.toReversed()), createWriteStream(archive));
  return archive;
}

type Document = {
  readonly metadata: { readonly properties?: readonly { readonly value: string }[] };
  readonly components: readonly { readonly purl?: string; readonly licenses?: unknown }[];
};

/** The SBOM of an image, checked against CycloneDX's own schema. */
async function sbomOf(archive: string, bundle?: string): Promise<Document> {
  const contents = await readImageContents(archive);
  const given = bundle === undefined ? undefined : { path: bundle, sha256: 'a'.repeat(64), root: folder };
  const made = imageSbom('shop', contents, given);
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(JSON.stringify(made))).toBeNull();
  return made as Document;
}

const purls = ({ components }: Document): readonly string[] => components.flatMap(({ purl }) => purl ?? []);
const unlisted = ({ metadata }: Document): string =>
  (metadata.properties ?? []).map(({ value }) => value).join('; ');

const status = [
  'Package: libc6\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 2.36-9+deb12u13\nDescription: GNU C Library\n Version: 9\n',
  'Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n',
].join('\n');

test('Debian packages, Node and npm packages are listed by their package URLs', async () => {
  const source = 'https://nodejs.org/download/release/v24.21.0/node-v24.21.0.tar.gz';
  const archive = await saved(
    [
      file('etc/os-release', 'PRETTY_NAME="Debian"\nID=debian\nVERSION_CODENAME="bookworm"\n'),
      file('var/lib/dpkg/status', status),
      file('usr/share/doc/libc6/copyright', "in the file `/usr/share/common-licenses/LGPL-2.1'.\n"),
      file('usr/local/bin/node', `${'x'.repeat(70_000)}${source}`),
    ],
    [
      manifest('app', '@hono/node-server', '2.1.8'),
      manifest('app/node_modules/.pnpm/hono@4.13.19', 'hono', '4.13.19'),
      file('app/node_modules/hono/dist/package.json', '{"type":"module"}'),
    ],
  );
  const made = await sbomOf(archive);
  expect(purls(made)).toEqual([
    'pkg:deb/debian/libc6@2.36-9+deb12u13?arch=amd64&distro=debian-bookworm',
    'pkg:generic/node@24.21.0',
    'pkg:npm/%40hono/node-server@2.1.8',
    'pkg:npm/hono@4.13.19',
  ]);
  expect(made.components[2]?.licenses).toEqual([{ license: { id: 'MIT' } }]);
  expect(unlisted(made)).toBe('files that no package has brought, and what is bundled into them');
});

test('Debian packages have the licences of their copyright files, which those of one source share; one without is named', async () => {
  const installed = (name: string): string => `Package: ${name}\nStatus: install ok unpacked\nVersion: 1\n`;
  const archive = await saved([
    file('var/lib/dpkg/status', ['libstdc++6', 'tzdata', 'ca-certificates'].map(installed).join('\n')),
    { name: 'usr/share/doc/libstdc++6', mode: 0o777, type: 'link', symbolic: true, target: 'gcc-12-base' },
    file('usr/share/doc/gcc-12-base/copyright', 'Files: *\nLicense: GPL-3+ with exception\n text\n\nLicense: GFDL-1.2\n'),
    file('usr/share/doc/tzdata/copyright', 'It is in the public domain.\n'),
  ]);
  const made = await sbomOf(archive);
  expect(made.components.map(({ licenses }) => licenses)).toEqual([
    undefined,
    [{ license: { name: 'GPL-3+ with exception' } }, { license: { id: 'GFDL-1.2' } }],
    [{ license: { name: 'see /usr/share/doc/tzdata/copyright' } }],
  ]);
  expect(unlisted(made)).toContain('the licences of ca-certificates');
}); // prettier-ignore

test('what an upper layer removes or replaces is not listed', async () => {
  const archive = await saved(
    [manifest('a', 'one', '1.0.0'), manifest('b', 'two', '1.0.0'), manifest('c', 'three', '1.0.0')],
    [
      file('a/.wh.node_modules'),
      manifest('b', 'two', '2.0.0'),
      file('c/node_modules/.wh..wh..opq'),
      manifest('c', 'four', '1.0.0'),
    ],
  );
  expect(purls(await sbomOf(archive))).toEqual(['pkg:npm/four@1.0.0', 'pkg:npm/two@2.0.0']);
});

test('Alpine packages are listed with their licences; what cannot be read is named', async () => {
  const database =
    'P:musl\nV:1.2.5-r10\nA:x86_64\nL:MIT\n\nP:busybox\nV:1.37.0-r18\nA:x86_64\nL:GPL-2.0-only\n';
  const archive = await saved([
    file('usr/lib/os-release', 'ID=alpine\nVERSION_ID=3.22.1\n'),
    file('lib/apk/db/installed', database),
    file('usr/lib/python3/site-packages/flask-3.0.dist-info/METADATA'),
    file('srv/app.jar'),
    file('srv/node_modules/broken/package.json', '{'),
  ]);
  const made = await sbomOf(archive);
  expect(purls(made)).toEqual([
    'pkg:apk/alpine/busybox@1.37.0-r18?arch=x86_64&distro=alpine-3.22.1',
    'pkg:apk/alpine/musl@1.2.5-r10?arch=x86_64&distro=alpine-3.22.1',
  ]);
  expect(unlisted(made)).toMatch(
    /srv\/node_modules\/broken\/package\.json, which names no package.*; Java archives; Python packages$/,
  );
});

test('the packages of a bundle are those with bytes in it, by the metafile or else the source map of its build', async () => {
  const archive = await saved([file('main.mjs')]);
  for (const name of ['hono', 'unused']) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules', name, 'package.json'),
      JSON.stringify({ name, version: '4.0.0' }),
    );
  }
  mkdirSync(join(folder, 'dist'));
  const bundle = join(folder, 'dist/main.mjs');
  expect(unlisted(await sbomOf(archive, bundle))).toMatch(/^what is bundled into main\.mjs: .*metafile/);
  writeFileSync(
    `${bundle}.map`,
    JSON.stringify({ sources: ['../node_modules/hono/index.js', '../src/a.ts', null] }),
  );
  expect(purls(await sbomOf(archive, bundle))).toEqual(['pkg:npm/hono@4.0.0']);
  rmSync(`${bundle}.map`);
  const inputs = {
    'node_modules/hono/index.js': { bytesInOutput: 12 },
    'node_modules/unused/index.js': { bytesInOutput: 0 },
    'src/a.ts': { bytesInOutput: 1 },
  };
  writeFileSync(join(folder, 'dist/meta.json'), JSON.stringify({ outputs: { 'dist/main.mjs': { inputs } } }));
  const made = await sbomOf(archive, bundle);
  expect(purls(made)).toEqual(['pkg:npm/hono@4.0.0']);
  expect(unlisted(made)).toBe('');
});

test('that of a push names the image, the commit and its date, and is the same each time', async () => {
  const made = JSON.stringify(await sbomOf(await saved([manifest('app', 'hono', '4.13.19')])));
  const name = { host: 'ghcr.io', plain: undefined, repository: 'acme/shop' };
  const commit = { sha: '0'.repeat(40), date: '2026-01-02T03:04:05Z' };
  const { text, count } = sbomOfPush(made, name, commit, `sha256:${'1'.repeat(64)}`);
  expect(count).toBe(1);
  expect(JSON.parse(text)).toMatchObject({
    metadata: {
      timestamp: commit.date,
      component: {
        type: 'container',
        name: 'ghcr.io/acme/shop',
        version: commit.sha,
        purl: expect.stringMatching(/^pkg:oci\/shop@sha256:1{64}\?repository_url=ghcr\.io/) as unknown,
      },
    },
  });
  expect(sbomOfPush(made, name, commit, `sha256:${'1'.repeat(64)}`).text).toBe(text);
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
});
