import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { engineForTests } from '../engine/engine-for-tests.ts';
import { type ImageRecord, imageRecordSchema } from '../records.ts';
import { bakeImage } from './bake-image.ts';
import { contextOfFiles } from './build-context.ts';
import { ensureImage, inspectImage, removeImage } from './images.ts';

const found = await engineForTests();
const signal = AbortSignal.timeout(120_000);
const project = `tare-test-${process.pid}`;

describe.skipIf(found === undefined)('with a real engine', () => {
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
