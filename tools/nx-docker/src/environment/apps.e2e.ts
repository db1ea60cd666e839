import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { Artifact, FilesArtifact, ImageArtifact, Instance, Launch, RunContext } from '@tare/environment';
import { waitForHttp } from '@tare/metrics';
import { lockedNode } from '@tare/nx-kit';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { canary, filesWith, watchCommandLines } from '../../../../canary.shared.ts';
import { engineForTests } from '../../fixtures/real-engine.ts';
import { cachedBase } from '../base/cached-base.ts';
import { contextOfFolder } from '../image/build-context.ts';
import { bakeImage } from '../image/build-image.ts';
import { image } from '../image/image-source.ts';
import { eachFile, readLayers } from '../image/image-archive.ts';
import { readImageContents } from '../image/image-contents.ts';
import { removeImage, saveImage } from '../image/images.ts';
import { readBaseRecipe } from '../recipe.ts';
import { docker, type DockerOptions } from './docker.ts';

const found = await engineForTests();
const signal = AbortSignal.timeout(900_000);
const workspace = join(import.meta.dirname, '../../../..');
const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
const images = pathToFileURL(`${folder}/none/`);
const node = lockedNode(workspace, process.arch === 'x64' ? 'amd64' : process.arch);
const told: string[] = [];
const context: RunContext = {
  runId: randomUUID(),
  resources: { cpus: 1, memoryMiB: 200, serverCpus: undefined, nodeArguments: ['--max-old-space-size=100'] },
  nodeBinary: node.binary,
  nodeVersion: `v${node.version}`,
  tell: (line) => told.push(line),
};
const unique = `tare-test-${process.pid}`;

/** Writes files into a folder of their own. */
let folders = 0;
const write = (files: Readonly<Record<string, string>>): string => {
  const root = join(folder, `app-${++folders}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};
const filesOf = (
  path: string,
  command: readonly string[],
  more: Partial<FilesArtifact> = {},
): FilesArtifact => ({
  kind: 'files',
  workload: unique,
  path,
  command,
  sha256: randomUUID(),
  bytes: 1,
  ...more,
});

describe.skipIf(found === undefined)('apps as people have them', () => {
  const engine = found?.engine;
  if (engine === undefined) return;
  const running: Instance[] = [];
  const made = new Set<string>();
  afterEach(async () => {
    await Promise.all(running.splice(0).map((instance) => instance.stop()));
  });
  afterAll(async () => {
    for (const id of made) await removeImage(engine, id, signal);
    rmSync(folder, { recursive: true });
  });

  const start = async (artifact: Artifact, launch: Partial<Launch> = {}, options: DockerOptions = {}) => {
    const environment = docker({ images, ...options });
    const facts = await environment.prepare(artifact, context, signal);
    made.add(String(facts.imageId));
    const given = { variables: {}, healthPath: '/', port: undefined, round: 1, cold: true, ...launch };
    const instance = await environment.start({ artifact, context, ...given }, signal);
    running.push(instance);
    return { facts, instance };
  };
  const ask = async (instance: Instance, path = '/'): Promise<unknown> => {
    const ended = instance.ended.then(async (why) => {
      throw new Error(`${why}: ${await instance.lastLog()}`);
    });
    ended.catch(() => undefined);
    const url = new URL(path, instance.url);
    const ready = waitForHttp({ url, since: instance.spawnedAt, intervalMs: 5, deadlineMs: 20_000, signal });
    await Promise.race([ready, ended]);
    return (await fetch(url)).json();
  };

  test('a bundle that docker-build has not made is baked once, and again after a change', async () => {
    const path = join(write({ 'main.mjs': server, 'NOTICES.txt': 'of others' }), 'main.mjs');
    const artifact: Artifact = { kind: 'node', workload: unique, path, sha256: randomUUID(), bytes: 1 };
    const { facts, instance } = await start(artifact);
    expect(await ask(instance)).toMatchObject({
      uid: 65534,
      arguments: ['--max-old-space-size=100'],
      version: `v${node.version}`,
      notices: 'of others',
      write: 'EROFS',
    });
    expect(facts.base).toBe('rootfs');
    expect(facts.image).toMatch(new RegExp(`^tare/${unique}:[0-9a-f]{12}$`));
    const again = await docker({ images }).prepare(artifact, context, signal);
    expect(again.imageId).toBe(facts.imageId);
    const other = await docker({ images }).prepare({ ...artifact, sha256: randomUUID() }, context, signal);
    made.add(String(other.imageId));
    expect(other.image).not.toBe(facts.image);
  });

  /** One that is baked once. */
  const plainBundle = (): Artifact => ({
    ...{ kind: 'node', workload: unique, sha256: unique, bytes: 1 },
    path: join(write({ 'main.mjs': server }), 'main.mjs'),
  });

  test('the variables of an app stand in no command line of this host, no fact, record or image', async () => {
    const watch = watchCommandLines(canary);
    const { facts, instance } = await start(plainBundle(), { variables: { MESSAGE: canary } });
    expect(await ask(instance)).toMatchObject({ message: canary });
    const log = await instance.lastLog();
    await instance.stop();
    const { looks, seen } = watch.end();
    expect(looks).toBeGreaterThan(5);
    expect(seen).toEqual([]);
    expect(JSON.stringify([facts, log, told])).not.toContain(canary);
    const archive = join(folder, 'image.tar');
    await saveImage(engine, String(facts.image), archive, signal);
    expect(filesWith(canary, folder)).toEqual([]);
  });

  test('all that the shared base brings is listed, with its licence, whose text is in the image', async () => {
    const { imageId, image: tag } = await docker({ images }).prepare(plainBundle(), context, signal);
    made.add(String(imageId));
    const archive = join(folder, 'image.tar');
    await saveImage(engine, String(tag), archive, signal);
    const { packages, unlisted } = await readImageContents(archive);
    expect(unlisted).toEqual([]);
    const debian = packages.flatMap((each) => (each.kind === 'deb' ? [each] : []));
    expect(debian.map(({ name }) => name)).toEqual(expect.arrayContaining(['ca-certificates', 'libc6', 'libstdc++6']));
    expect(debian.find(({ name }) => name === 'libc6')?.licences).toContain('LGPL-2.1');
    expect(packages.map(({ kind }) => kind)).toContain('node');
    const licences = ['usr/share/common-licenses/LGPL-2.1', 'usr/share/doc/libc6/copyright', 'usr/local/LICENSE'];
    const paths = new Set<string>();
    await readLayers(archive, (_, layer) => eachFile(Readable.from(layer), (header) => Promise.resolve(void paths.add(header.name))));
    expect(licences.filter((each) => !paths.has(each))).toEqual([]);
  }); // prettier-ignore

  test('a folder with a static binary runs with all that lies in it', async () => {
    const root = write({ 'node_modules/a/index.js': '', '.env': '' });
    mkdirSync(join(root, 'empty'));
    symlinkSync('nowhere', join(root, 'link'));
    const source = join(import.meta.dirname, '../../fixtures/server.c');
    execFileSync('gcc', ['-static', '-O1', '-o', join(root, 'server'), source]);
    const { facts, instance } = await start(filesOf(root, ['./server', '$PORT']));
    expect(await ask(instance)).toEqual({
      uid: 65534,
      folder: '/app',
      link: 'nowhere',
      module: 'done',
      empty: 'done',
      write: 'Read-only file system',
    });
    expect(facts.user).toBe('65534 (nobody)');
  });

  test('a folder of Node with node_modules runs on the locked Node, on the image that it names', async () => {
    const files = { 'server.cjs': `import('pkg')`, 'node_modules/pkg/index.js': server };
    const manifest = { name: 'pkg', type: 'module', main: 'index.js' };
    const root = write({ ...files, 'node_modules/pkg/package.json': JSON.stringify(manifest) });
    const bare = await docker({ images }).prepare(filesOf(root, ['node', 'server.cjs']), context, signal);
    const base = { image: String(bare.image) };
    const { facts, instance } = await start(filesOf(root, ['node', 'server.cjs', '--x=$PORT'], { base }));
    made.add(String(bare.imageId));
    expect(facts).toMatchObject({ base: 'registry', baseFrom: base.image });
    expect(await ask(instance)).toMatchObject({
      version: `v${node.version}`,
      arguments: ['--max-old-space-size=100'],
      words: ['--x=8080'],
      folder: '/app',
    });
  });

  test('an image that nobody has is named', async () => {
    const artifact = filesOf(write({ a: '' }), ['./a'], { base: { image: 'localhost:1/none:1' } });
    await expect(docker({ images }).prepare(artifact, context, signal)).rejects.toThrow(
      `${unique}: base.image is "localhost:1/none:1", which the engine cannot get: `,
    );
  });

  test('a wrong command is one clear line, before it is started where the folder tells', async () => {
    const root = write({ a: '' });
    expect(docker().runs?.(filesOf(root, ['./none']))?.reason).toBe(`./none is not in ${root}`);
    expect(docker().runs?.(filesOf(root, ['./a']))?.reason).toBe(`${root}/a may not be executed`);
    await expect(start(filesOf(root, ['gunicorn']))).rejects.toThrow(
      'there is no program gunicorn in its image: correct the command, or name a base that has it',
    );
  });

  test('an app that heeds neither PORT nor HOST is found out', async () => {
    const code = `require('node:http').createServer(() => {}).listen(3456, '127.0.0.1')`;
    const root = write({ 'server.cjs': code });
    const { instance } = await start(filesOf(root, ['node', 'server.cjs']));
    await vi.waitFor(
      async () => {
        expect(await instance.whyUnreachable?.()).toMatch(/^it listens on 3456, expected \$PORT \(8080\)/);
      },
      { timeout: 10_000 },
    );
    const told = await start(filesOf(root, ['node', 'server.cjs']), { port: 3456 });
    await vi.waitFor(
      async () => {
        expect(await told.instance.whyUnreachable?.()).toMatch(
          /^it listens on 3456 at 127\.0\.0\.1 only, expected \$HOST \(0\.0\.0\.0\)/,
        );
      },
      { timeout: 10_000 },
    );
  });

  test('Python runs on Debian packages, which are set up', async () => {
    const app = `
from flask import Flask, jsonify
import flask, os
app = Flask(__name__)
@app.get('/')
def who(): return jsonify(uid=os.getuid(), compiled=os.path.exists(os.path.dirname(flask.__file__) + '/__pycache__'))
`;
    const command = ['gunicorn', '--bind', '0.0.0.0:$PORT', '--worker-tmp-dir', '/dev/shm', 'app:app'];
    const base = { packages: ['python3-flask', 'gunicorn'] };
    const { instance } = await start(filesOf(write({ 'app.py': app }), command, { base }));
    expect(await ask(instance)).toEqual({ uid: 65534, compiled: true });
  });

  test('what is no name of a package is refused', async () => {
    const artifact = filesOf(folder, ['a'], { base: { packages: ['--x'] } });
    await expect(docker({ images }).prepare(artifact, context, signal)).rejects.toThrow(
      'base.packages has "--x"; expected the name of a Debian package',
    );
  });

  describe('of an own Dockerfile', () => {
    /** Builds as docker-build does. */
    const bake = async (files: Readonly<Record<string, string>>, mode?: string): Promise<ImageArtifact> => {
      const root = write(files);
      for (const name of readdirSync(root)) chmodSync(join(root, name), name === mode ? 0o755 : 0o644);
      if (files.Dockerfile?.includes('rootfs.tar') === true) {
        const { rootfs } = await cachedBase(
          {
            recipe: readBaseRecipe(),
            more: ['python3-flask', 'gunicorn'],
            architecture: found?.facts.architecture ?? '',
            node,
            engine: () => Promise.resolve(engine),
          },
          (line) => told.push(line),
          signal,
        );
        execFileSync('cp', [rootfs, join(root, 'rootfs.tar')]);
      }
      const project = `@tare-test/own-${process.pid}`;
      const build = { context: contextOfFolder(root, join(root, 'Dockerfile')), arguments: {} };
      const out = join(folder, 'dist/docker', project);
      const options = { project, build, out, artifactSha256: null, base: null, former: undefined };
      const record = await bakeImage(engine, options, signal);
      made.add(record.id);
      const { app } = image({ project, get: '/' });
      const cwd = process.cwd();
      process.chdir(folder);
      try {
        return { ...(await app.read(signal)), workload: unique };
      } finally {
        process.chdir(cwd);
      }
    };

    const dockerfile = `FROM scratch
ADD rootfs.tar /
COPY docker-entrypoint.sh /usr/local/bin/
COPY server.mjs /srv/
RUN install -d -o 1000 -g 1000 /home/app && echo 'app:x:1000:1000::/home/app:/bin/sh' >> /etc/passwd
WORKDIR /home/app
ENV MESSAGE=hello
USER app
EXPOSE 3000
HEALTHCHECK CMD true
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node", "/srv/server.mjs"]
`;
    const entrypoint = '#!/bin/sh\nset -e\nmkdir -p state\nexport STARTED_BY=$0\nexec "$@"\n';

    test('the image runs as it ships, its script, user, folder and port its own', async () => {
      const files = { Dockerfile: dockerfile, 'docker-entrypoint.sh': entrypoint, 'server.mjs': server };
      const artifact = await bake(files, 'docker-entrypoint.sh');
      expect(artifact.config).toMatchObject({
        command: ['docker-entrypoint.sh', 'node', '/srv/server.mjs'],
        workingDirectory: '/home/app',
        user: 'app',
        ports: [3000],
      });
      // without the engine's copy
      await removeImage(engine, String((await docker().prepare(artifact, context, signal)).imageId), signal);
      const { facts, instance } = await start(artifact, { dataVariable: 'DATA' });
      expect(instance.url.port).toBe('3000');
      expect(await ask(instance)).toMatchObject({
        uid: 1000,
        folder: '/home/app',
        write: 'done',
        kept: 'done',
        message: 'hello',
        startedBy: '/usr/local/bin/docker-entrypoint.sh',
        arguments: ['--max-old-space-size=100'],
      });
      expect(facts).toMatchObject({
        image: artifact.reference,
        user: 'app, as it ships',
        rootFilesystem: 'writable, as it ships',
        healthcheck: 'off while it is measured',
        nodeArguments: '--max-old-space-size=100',
      });
      const published = await start(artifact, {}, { network: 'published' });
      expect(await ask(published.instance)).toMatchObject({ uid: 1000 });
    });

    test('an image by its reference is read once, and its own port may be told', async () => {
      const python = `FROM scratch
ADD rootfs.tar /
WORKDIR /srv
ENTRYPOINT ["python3", "-m", "http.server"]
CMD ["8123"]
`;
      const built = await bake({ Dockerfile: python });
      const { app, port } = image(built.reference, { port: 8123 });
      const artifact = { ...(await app.read(signal)), workload: unique };
      expect(artifact.sha256).toBe(built.sha256);
      expect(existsSync(artifact.archive)).toBe(true);
      expect(await app.read(signal)).toEqual({ ...(await app.read(signal)) });
      const { facts, instance } = await start(artifact, { port });
      await waitForHttp({
        url: instance.url,
        since: instance.spawnedAt,
        intervalMs: 5,
        deadlineMs: 20_000,
        signal,
      });
      expect(facts).toMatchObject({
        user: 'root, as it ships',
        nodeArguments: 'not given (--max-old-space-size=100): it is not sure to run Node',
      });
      await instance.stop();
      // by its ID alone: the name that it had is not moved
      await removeImage(engine, String(facts.imageId), signal);
      const loaded = await docker().prepare(artifact, context, signal);
      made.add(String(loaded.imageId));
      expect(loaded.imageId).toBe(facts.imageId);
      rmSync(join(artifact.archive, '..'), { recursive: true });
    });

    test('an image without the shell that its command needs says so', async () => {
      const shell = await bake({ Dockerfile: 'FROM scratch\nCOPY a /a\nCMD exec /a\n', a: 'x' });
      await expect(start(shell)).rejects.toThrow('its image has no shell /bin/sh, which its command needs');
      const script = await bake(
        { Dockerfile: 'FROM scratch\nCOPY a /a\nENTRYPOINT ["/a"]\n', a: '#!/bin/sh\n' },
        'a',
      );
      // it may end before or after the start has returned
      const how = await start(script).then(
        ({ instance }) => instance.ended,
        (error: unknown) => String(error),
      );
      expect(how).toContain('whose interpreter (/bin/sh, the dynamic linker) is not in its image');
    });

    test('an image without a command is refused', async () => {
      await expect(bake({ Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'x' })).rejects.toThrow(
        'has no command: give its Dockerfile an ENTRYPOINT or a CMD',
      );
    });

    test('an image that nobody has is named', async () => {
      await expect(image('localhost:1/none:1').app.read(signal)).rejects.toThrow(
        'the image localhost:1/none:1 cannot be had: ',
      );
    });
  });
});

const server = `
import { createServer } from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const tryTo = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };
const { DATA, MESSAGE, STARTED_BY, PORT } = process.env;
createServer((_, reply) => {
  reply.end(JSON.stringify({
    uid: process.getuid(), folder: process.cwd(), version: process.version, arguments: process.execArgv,
    words: process.argv.slice(2), message: MESSAGE, startedBy: STARTED_BY,
    notices: existsSync('/NOTICES.txt') ? readFileSync('/NOTICES.txt', 'utf8') : null,
    write: tryTo(() => writeFileSync('x', '')), kept: DATA && tryTo(() => writeFileSync(DATA + '/x', '')),
  }));
}).listen(Number(PORT));
process.on('SIGTERM', () => process.exit(0));
`;
