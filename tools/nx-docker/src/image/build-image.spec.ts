import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { engineForTests } from '../../fixtures/real-engine.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { type ImageRecord, imageRecordSchema } from '../records.ts';
import { contextOfFiles, contextOfFolder } from './build-context.ts';
import { bakeImage, type Builder, buildImage, type BuiltImage, traceLines } from './build-image.ts';
import { ensureImage, inspectImage, removeImage } from './images.ts';

const found = await engineForTests();
const signal = AbortSignal.timeout(120_000);
const builders: readonly Builder[] = ['buildkit', 'legacy'];
const built: string[] = [];

describe.skipIf(found === undefined)('with a real engine', () => {
  const engine = found?.engine;
  if (engine === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const id of built.splice(0)) await removeImage(engine, id, signal);
  });

  const build = async (dockerfile: string, builder?: Builder, content = 'hello'): Promise<BuiltImage> => {
    const path = join(folder, 'Dockerfile');
    const file = join(folder, 'file.txt');
    writeFileSync(path, dockerfile);
    writeFileSync(file, content);
    const files = new Map([
      ['file.txt', file],
      ['Dockerfile', path],
    ]);
    const context = contextOfFiles(files, [{ name: 'folders/data/', type: 'directory', mode: 0o755 }]);
    const options = { context, arguments: {}, ...(builder === undefined ? {} : { builder }) };
    const image = await buildImage(engine, options, signal);
    built.push(image.facts.Id);
    return image;
  };
  const good =
    'FROM scratch\nUSER 65534\nENV A=b\nEXPOSE 8080\nENTRYPOINT ["/node"]\nCOPY file.txt /file.txt\n';

  test('both builders make the same content of the same context', async () => {
    const content = String(Math.random());
    const images = [await build(good, 'buildkit', content), await build(good, 'legacy', content)];
    expect(images.map(({ builder }) => builder)).toEqual(['buildkit', 'legacy']);
    expect(new Set(images.map(({ contentDigest }) => contentDigest)).size).toBe(1);
  });

  test('an empty folder for a user is the same content with both builders, whenever it is built', async () => {
    const withFolder = `FROM scratch\n# ${Math.random()}\nCOPY --chown=65534:65534 folders /\nCOPY file.txt /file.txt\n`;
    const digests = new Set<string>();
    for (const builder of ['legacy', 'buildkit', 'legacy'] as const) {
      const { facts, contentDigest } = await build(withFolder, builder);
      digests.add(contentDigest);
      await removeImage(engine, facts.Id, signal);
      await sleep(1100);
    }
    expect(digests.size).toBe(1);
  });

  test('a second build of the same files has the same content digest, a changed file another', async () => {
    const first = await build(good, 'legacy', 'x');
    await removeImage(engine, first.facts.Id, signal);
    utimesSync(join(folder, 'file.txt'), 1, 1);
    expect((await build(good, 'legacy', 'x')).contentDigest).toBe(first.contentDigest);
    expect((await build(good, 'legacy', 'y')).contentDigest).not.toBe(first.contentDigest);
  });

  test.each(builders)('a Dockerfile that does not parse is named by its line (%s)', async (builder) => {
    await expect(build('FROM scratch\nNONSENSE x\n', builder)).rejects.toThrow(/line 2.*NONSENSE/s);
  });

  test.each(builders)('a step that fails is shown (%s)', async (builder) => {
    const failing = build('FROM scratch\nCOPY none.txt /\n', builder);
    await expect(failing).rejects.toThrow(/the image build failed: .*none\.txt/s);
  });

  test.skipIf(spawnSync('docker', ['--version']).status !== 0)(
    'an image of a folder is what docker build makes of it',
    async () => {
      const context = join(folder, 'context');
      mkdirSync(join(context, 'empty'), { recursive: true });
      writeFileSync(join(context, 'Dockerfile'), `FROM scratch\n# ${Math.random()}\nCOPY . /\n`);
      writeFileSync(join(context, '.dockerignore'), 'Dockerfile\n.dockerignore\n*.log\n');
      for (const name of ['.env', '..a~', 'x.log', 'n'.repeat(250)]) writeFileSync(join(context, name), name);
      writeFileSync(Buffer.concat([Buffer.from(`${context}/b`), Buffer.from([0xff])]), '');
      symlinkSync('nowhere', join(context, 'dangling'));
      linkSync(join(context, '.env'), join(context, 'hard'));
      chmodSync(join(context, '..a~'), 0o4755);
      const docker = ['build', '--quiet', context];
      const theirs = execFileSync('docker', docker, {
        env: { ...process.env, DOCKER_BUILDKIT: '0' },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .toString()
        .trim();
      built.push(theirs);
      const ours = await buildImage(
        engine,
        { context: contextOfFolder(context, join(context, 'Dockerfile')), arguments: {} },
        signal,
      );
      built.push(ours.facts.Id);
      expect(ours.builder).toBe('legacy');
      expect(await filesOf(engine, ours.facts.Id)).toEqual(await filesOf(engine, theirs));
    },
  );
});

/** The names in the last layer of an image, with kinds, modes and link targets. */
async function filesOf(engine: Engine, image: string): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(30_000);
  const saved = await buffer(await engine.open({ method: 'GET', path: `/images/${image}/get`, signal }));
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: saved });
    const [{ Layers: layers }] = z
      .tuple([z.object({ Layers: z.array(z.string()) })])
      .parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
    const listed = execFileSync('tar', ['-tvf', join(folder, layers.at(-1) ?? '')]).toString();
    // without the times
    return listed
      .trim()
      .split('\n')
      .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d /, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A length-delimited field of protobuf; short enough for a length of one byte. */
const field = (number: number, content: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, content.length]), Buffer.from(content)]);

test('lines of output and errors are found among other fields', () => {
  const log = Buffer.concat([field(1, 'sha256:a'), Buffer.from([3 * 8, 1]), field(4, 'one\ntwo\n')]);
  const vertex = Buffer.concat([field(3, 'RUN x'), Buffer.from([4 * 8, 0]), field(7, 'exit code: 3')]);
  const message = Buffer.concat([field(1, vertex), field(3, log)]);
  expect(traceLines(message.toString('base64'))).toEqual(['one', 'two', 'exit code: 3']);
});

test('a message that is cut off gives what could be read', () => {
  expect(traceLines(field(3, field(4, 'whole')).subarray(0, 3).toString('base64'))).toEqual([]);
});

const project = `tare-test-${process.pid}`;

describe.skipIf(found === undefined)('baked in a real engine', () => {
  const engine = found?.engine;
  if (engine === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const archive = join(folder, 'image.tar');
  const bake = (content: string, former?: ImageRecord): Promise<ImageRecord> => {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY file /file\nENTRYPOINT ["/file"]\n');
    writeFileSync(join(folder, 'file'), content);
    const files = new Map(['Dockerfile', 'file'].map((name) => [name, join(folder, name)]));
    const options = {
      project,
      build: { context: contextOfFiles(files), arguments: {} },
      out: folder,
      artifactSha256: null,
      base: null,
      former,
    };
    return bakeImage(engine, options, signal);
  };
  let record: ImageRecord;

  afterAll(async () => {
    await removeImage(engine, record.id, signal);
  });

  test('a baked image is recorded, tagged by its content and saved', async () => {
    record = await bake('one');
    const written: unknown = JSON.parse(readFileSync(join(folder, 'image.json'), 'utf8'));
    expect(imageRecordSchema.parse(written)).toEqual(record);
    expect(record.tag).toBe(`tare/${project}:${record.contentDigest.slice(0, 12)}`);
    expect((await inspectImage(engine, record.tag, signal))?.Id).toBe(record.id);
    expect(existsSync(`${archive}.partial`)).toBe(false);
  });

  test('a rebuild removes the image that the former record named', async () => {
    const former = record;
    record = await bake('two', former);
    expect(record.id).not.toBe(former.id);
    expect(await inspectImage(engine, former.id, signal)).toBeUndefined();
  });

  test('an image that the engine has is not loaded, one that it has lost is', async () => {
    expect((await ensureImage(engine, record, archive, signal)).loaded).toBe(false);
    await removeImage(engine, record.id, signal);
    const loaded = await ensureImage(engine, record, archive, signal);
    expect(loaded.loaded).toBe(true);
    expect(loaded.facts.Id).toBe(record.id);
  });

  test('an archive that holds another image is refused', async () => {
    const other = {
      ...record,
      id: `sha256:${'0'.repeat(64)}`,
      tag: 'tare/none:0',
      contentDigest: '0'.repeat(64),
    };
    await expect(ensureImage(engine, other, archive, signal)).rejects.toThrow(
      'does not hold the image tare/none:0',
    );
  });

  test('without an archive the message says what to run', async () => {
    const other = { ...record, id: `sha256:${'0'.repeat(64)}`, tag: 'tare/none:0' };
    await expect(ensureImage(engine, other, join(folder, 'none.tar'), signal)).rejects.toThrow(
      'run docker-build',
    );
  });
});
