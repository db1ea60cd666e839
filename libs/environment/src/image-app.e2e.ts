import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { findProgram, processesInReach, waitForHttp } from '@tare/metrics';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { tries } from '../../../properties.shared.ts';
import type { ImageArtifact } from './app.ts';
import type { Launch } from './contract.ts';
import { userIn } from './image-command.ts';
import { bubblewrap } from './bubblewrap.ts';
import { namespace } from './namespace.ts';
import { native } from './native.ts';
import { nspawn } from './nspawn.ts';
import { unpackImage } from './unpack-image.ts';

/** Writes a file into its root, and answers with what it finds there. */
const program = `
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int count, char **words) {
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT"))) };
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server, (void *)&at, sizeof at) || listen(server, 64)) return 3;
  char folder[999], data[999] = "none", reply[4000], request[4000];
  struct stat found;
  int was = stat("/home/app/written", &found) == 0;
  FILE *file = fopen("/home/app/written", "w");
  if (file) fclose(file);
  if (getenv("DATA")) sprintf(data, "%s %d", getenv("DATA"), access(getenv("DATA"), W_OK));
  getcwd(folder, sizeof folder);
  for (;;) {
    int peer = accept(server, 0, 0);
    read(peer, request, sizeof request);
    sprintf(request, "%d:%d in %s, %s, wrote %d, was %d, null %d, proc %d, data %s, host %d, run %d", getuid(), getgid(), folder,
      getenv("FLAVOUR"), file != 0, was, access("/dev/null", W_OK), access("/proc/self/stat", R_OK), data, access("${import.meta.filename}", F_OK),
      access("/var/run/app.pid", R_OK));
    sprintf(reply, "HTTP/1.0 200 OK\\r\\nContent-Length: %zu\\r\\n\\r\\n%s", strlen(request), request);
    write(peer, reply, strlen(reply));
    close(peer);
  }
}`;

type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };
const tar = async (entries: readonly Entry[]): Promise<Buffer> => {
  const packing = pack();
  for (const { content = '', ...header } of entries) packing.entry(header, content);
  packing.finalize();
  return buffer(packing);
};

const usable = await Promise.all(
  [native(), namespace(), bubblewrap(), nspawn()].map(async (environment) => {
    const { usable: isUsable } = await environment.probe(new AbortController().signal);
    return isUsable ? [environment] : [];
  }),
);
const environments = usable.flat();
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const compiler = findProgram('gcc');
const signal = AbortSignal.timeout(120_000);
const folder = mkdtempSync(join(tmpdir(), 'tare-image-'));
let binary: Buffer;

beforeAll(() => {
  if (compiler === undefined) return;
  writeFileSync(join(folder, 'main.c'), program);
  execFileSync(compiler, ['-static', '-o', join(folder, 'serve'), join(folder, 'main.c')]);
  binary = readFileSync(join(folder, 'serve'));
});
beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** An image of these layers, as `docker save` writes it, or as an OCI layout with compressed layers. */
async function imageOf(
  layers: readonly (readonly Entry[])[],
  format: 'docker' | 'oci' = 'docker',
): Promise<ImageArtifact> {
  const blobs = (await Promise.all(layers.map(tar))).map((layer) =>
    format === 'oci' ? gzipSync(layer) : layer,
  );
  const digestOf = (blob: Buffer): string => createHash('sha256').update(blob).digest('hex');
  const named = blobs.map((content) => ({ name: `blobs/sha256/${digestOf(content)}`, content }));
  const manifest = Buffer.from(
    JSON.stringify({ layers: blobs.map((each) => ({ digest: `sha256:${digestOf(each)}` })) }),
  );
  const index = { manifests: [{ digest: `sha256:${digestOf(manifest)}` }] };
  const heads =
    format === 'docker'
      ? [
          {
            name: 'manifest.json',
            content: JSON.stringify([{ Config: 'x.json', Layers: named.map(({ name }) => name) }]),
          },
        ]
      : [
          { name: 'index.json', content: JSON.stringify(index) },
          { name: `blobs/sha256/${digestOf(manifest)}`, content: manifest },
        ];
  const archive = join(folder, `${digestOf(manifest)}.${format}.tar`);
  await pipeline([await tar([...named, ...heads])], createWriteStream(archive));
  return {
    kind: 'image',
    workload: '@shop/pay',
    reference: 'shop/pay:1',
    archive,
    sha256: digestOf(Buffer.from(archive)),
    bytes: 1,
    config: {
      command: ['serve', 'now'],
      variables: ['PATH=/opt/bin:/bin', 'FLAVOUR=sweet=sour', 'PORT=1'],
      workingDirectory: '/home/app',
      user: 'app',
      ports: [8000],
    },
  };
}

const layers = (): readonly (readonly Entry[])[] => [
  [
    { name: 'etc/', type: 'directory' },
    { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\napp:x:1234:2345::/home/app:/bin/sh\n' },
    { name: 'etc/group', content: 'staff:x:50:app\n' },
    { name: 'opt/bin/serve', mode: 0o755, content: binary },
    { name: 'home/app/', type: 'directory', uid: 1234, gid: 2345, mode: 0o750 },
    { name: 'var/run', type: 'symlink', linkname: '/run' },
    { name: 'old/one', content: '1' },
    { name: 'old/two', content: '2' },
    { name: 'gone', content: 'x' },
  ],
  [
    { name: 'var/run/app.pid', content: '7', mtime: new Date(86_400_000) },
    { name: 'hard', type: 'link', linkname: 'etc/group' },
    { name: '.wh.gone', content: '' },
    { name: 'old/new', content: '3' },
    { name: 'old/.wh..wh..opq', content: '' },
  ],
];

describe.skipIf(!isRoot || compiler === undefined)('the root of an image', () => {
  it.each(['docker', 'oci'] as const)('is unpacked with owners, links and whiteouts (%s)', async (format) => {
    const { lower } = await unpackImage(await imageOf(layers(), format), signal);
    const found = statSync(join(lower, 'home/app'));
    expect([found.uid, found.gid, found.mode & 0o7777]).toEqual([1234, 2345, 0o750]);
    // within the root, whatever the host has there
    expect(readFileSync(join(lower, 'run/app.pid'), 'utf8')).toBe('7');
    expect(statSync(join(lower, 'run/app.pid')).mtimeMs).toBe(86_400_000);
    expect(statSync(join(lower, 'hard')).ino).toBe(statSync(join(lower, 'etc/group')).ino);
    expect(['gone', 'old/one', 'old/two', 'old/new'].map((name) => existsSync(join(lower, name)))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('takes users and groups by name and by number', async () => {
    const { lower } = await unpackImage(await imageOf(layers()), signal);
    expect(['', 'app', '1234', '77', 'app:staff', '7:8'].map((user) => userIn(lower, user))).toEqual([
      { uid: 0, gid: 0, home: '/root' },
      { uid: 1234, gid: 2345, home: '/home/app' },
      { uid: 1234, gid: 2345, home: '/home/app' },
      { uid: 77, gid: 0, home: '/' },
      { uid: 1234, gid: 50, home: '/home/app' },
      { uid: 7, gid: 8, home: '/' },
    ]);
    expect(() => userIn(lower, 'nobody')).toThrow('its user "nobody" is not in its /etc/passwd');
  });

  it.each<[string, readonly Entry[], string]>([
    ['a path out of it', [{ name: '../evil', content: 'x' }], 'its path ../evil leads out of it'],
    [
      'a removal of what is outside',
      [{ name: 'a/.wh...', content: '' }],
      'its path a/.wh... leads out of it',
    ],
    [
      'a folder for devices that is a link',
      [{ name: 'dev', type: 'symlink', linkname: '/tmp' }],
      '/dev is no folder in it',
    ],
  ])('refuses %s', async (_, layer, message) => {
    const image = await imageOf([layer]);
    await expect(unpackImage(image, signal)).rejects.toThrow(`the image shop/pay:1 cannot be unpacked into`);
    await expect(unpackImage(image, signal)).rejects.toThrow(message);
  });

  it('does not follow links to the outside of it', async () => {
    const outside = mkdtempSync(join(folder, 'outside-'));
    const { lower } = await unpackImage(
      await imageOf([
        [{ name: 'out', type: 'symlink', linkname: outside }],
        [{ name: 'out/file', content: 'x' }],
      ]),
      signal,
    );
    expect(existsSync(join(outside, 'file'))).toBe(false);
    expect(existsSync(join(lower, outside, 'file'))).toBe(true);
  });

  it('puts and removes nothing outside of it, whatever its entries are', async () => {
    const outside = join(folder, 'beside');
    const place = fc.constantFrom('a', 'b', 'a/b', '..', '../..', '/', '.', outside, `${outside}/kept`, 'a/..', 'a/../..', '.wh.a', '.wh...', '.wh..wh..opq', 'a/.wh.b', 'a/kept', 'dev', 'etc'); // prettier-ignore
    const entry = fc.record({
      name: place,
      type: fc.constantFrom('file', 'directory', 'symlink', 'link', 'fifo', 'character-device' as const),
      linkname: place,
    });
    const tried = fc.array(fc.array(entry, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(tried, async (given) => {
        const entries = given.map((all) =>
          all.map(({ type, name, linkname }) =>
            type === 'file' ? { name, type, content: 'evil' } : { name, type, linkname },
          ),
        );
        rmSync(outside, { recursive: true, force: true });
        mkdirSync(outside);
        writeFileSync(join(outside, 'kept'), 'kept');
        const result = await unpackImage(await imageOf(entries), signal).catch((error: unknown) => error);
        if (result instanceof Error)
          expect(result.message).toMatch(/^the image shop\/pay:1 cannot be unpacked/);
        expect(readdirSync(outside)).toEqual(['kept']);
        expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept');
      }),
      tries(40),
    );
  });

  it('says that a file is no image', async () => {
    const image = { ...(await imageOf(layers())), archive: import.meta.filename, sha256: 'f'.repeat(64) };
    await expect(unpackImage(image, signal)).rejects.toThrow('the image shop/pay:1 cannot be unpacked into');
    await expect(unpackImage({ ...image, archive: '/none' }, signal)).rejects.toThrow('ENOENT');
  });

  it.each(
    environments.flatMap((environment) =>
      // it has files of more than one user, which the root of a user namespace could not read
      [
        { environment, user: 'app', ids: '1234:2345' },
        { environment, user: '', ids: '0:0' },
      ],
    ),
  )(
    'is where its command runs, as its user, unchanged by it ($environment.name, user "$user")',
    async ({ environment, user, ids }) => {
      const made = await imageOf(layers());
      const artifact = { ...made, config: { ...made.config, user } };
      const launch: Launch = {
        artifact,
        context: {
          runId: `test-image-${process.pid}`,
          nodeBinary: process.execPath,
          nodeVersion: process.version,
          resources: { cpus: 1, memoryMiB: 256, serverCpus: [0], nodeArguments: [] },
        },
        variables: {},
        dataVariable: 'DATA',
        healthPath: '/',
        port: undefined,
        round: undefined,
        cold: false,
      };
      expect(environment.runs?.(artifact)).toBeUndefined();
      const facts = await environment.prepare(artifact, launch.context, signal);
      expect(facts).toMatchObject({ image: 'shop/pay:1', user: `${user || 'root'}, as the image has it` });
      for (const data of ['/dev/data 0', '/dev/data 0']) {
        const instance = await environment.start(launch, signal);
        try {
          const { url, spawnedAt: since } = instance;
          await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 10_000, signal }).catch(
            async (error: unknown) => {
              throw new Error(`${String(error)}: ${await instance.lastLog()}`);
            },
          );
          expect(await (await fetch(url)).text()).toBe(
            `${ids} in /home/app, sweet=sour, wrote 1, was 0, null 0, proc 0, data ${data}, host -1, run 0`,
          );
          // the app has no way to what lies around its root
          const [app] = processesInReach(({ command }) => command === 'serve');
          expect(readlinkSync(`/proc/${app?.pid}/root`)).toBe('/');
        } finally {
          await instance.stop();
        }
      }
      expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(folder);
      const { url, spawnedAt: since, ...killed } = await environment.start(launch, signal);
      await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 10_000, signal });
      const reaped = await environment.reap(launch.context.runId, signal);
      expect(reaped.filter((line) => line.startsWith('process')).length).toBeGreaterThan(0);
      expect(await killed.ended).toContain('the app');
      await killed.stop();
      expect(processesInReach(({ command }) => command === 'serve')).toEqual([]);
    },
  );
});

it('needs root, and a command', () => {
  const artifact = {
    config: { command: [] },
    kind: 'image',
    reference: 'shop/pay:1',
  } as unknown as ImageArtifact;
  expect(native().runs?.(artifact)?.reason).toMatch(/names no command|not root|does not run images/);
  const getuid = vi.spyOn(process, 'getuid').mockReturnValue(1000);
  expect(namespace().runs?.(artifact)?.reason).toMatch(/^not root, who alone|does not run images/);
  getuid.mockRestore();
});
