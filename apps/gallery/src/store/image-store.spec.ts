import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StoredImage } from '../images/stored-image.ts';
import { openImageStore, createStoreBudget } from './image-store.ts';
import type { ImageStore } from './image-store.ts';

const bytes = Buffer.from('the original');
const thumbnail = Buffer.from('small');
let uploadsDir = '';
const logged: string[] = [];

beforeEach(() => (uploadsDir = mkdtempSync(join(tmpdir(), 'gallery-store-'))));
afterEach(() => {
  rmSync(uploadsDir, { recursive: true, force: true });
  logged.length = 0;
});

const opened = (maxBytes = 1000) => openImageStore(uploadsDir, maxBytes, (text) => logged.push(text));

function image(id: string): StoredImage {
  return {
    ...{ id: id.repeat(64), type: 'image/png', bytes: bytes.length, width: 4, height: 3, name: id },
    addedAt: '2026-11-21T12:00:00.000Z',
    thumbnail: { bytes: thumbnail.length, width: 4, height: 3 },
  };
}

async function added(store: ImageStore, id: string) {
  const folder = await store.stagingFolder();
  store.budget.reserve(bytes.length + thumbnail.length);
  await writeFile(join(folder, 'original'), bytes);
  return store.publish(folder, image(id), thumbnail);
}

it('has what was added, also when it is opened again', async () => {
  const store = opened();
  expect(await added(store, 'a')).toEqual({ added: true, image: image('a') });
  for (const each of [store, opened()]) {
    expect(each.listing.page(1)?.images).toEqual([image('a')]);
    expect(each.budget.usedBytes).toBe(17);
  }
  expect(readdirSync(join(uploadsDir, '.incoming'))).toEqual([]);
});

it('has an image once when it comes twice, also side by side', async () => {
  const store = opened();
  const outcomes = await Promise.all([added(store, 'a'), added(store, 'a'), added(store, 'a')]);
  expect(outcomes.map((outcome) => outcome.added).filter(Boolean)).toHaveLength(1);
  expect([store.listing.page(1)?.total, store.budget.usedBytes]).toEqual([1, 17]);
  expect(readdirSync(join(uploadsDir, '.incoming'))).toEqual([]);
});

it('removes an image and its bytes', async () => {
  const store = opened();
  await added(store, 'a');
  expect([await store.remove('a'.repeat(64)), await store.remove('a'.repeat(64))]).toEqual([true, false]);
  expect([store.budget.usedBytes, opened().listing.page(1)?.total]).toEqual([0, 0]);
  expect(readdirSync(join(uploadsDir, 'images'))).toEqual([]);
});

it('has an image that is added while it is removed', async () => {
  const store = opened();
  await added(store, 'a');
  for (let times = 0; times < 50; times += 1) {
    const folder = await store.stagingFolder();
    store.budget.reserve(bytes.length + thumbnail.length);
    await writeFile(join(folder, 'original'), bytes);
    const [outcome, removed] = await Promise.all([
      store.publish(folder, image('a'), thumbnail),
      store.remove('a'.repeat(64)),
    ]);
    expect([outcome.added, removed, store.listing.page(1)?.total]).toEqual([true, true, 1]);
    expect(readdirSync(join(uploadsDir, 'images'))).toEqual(['a'.repeat(64)]);
    expect(store.budget.usedBytes).toBe(17);
  }
});

it('keeps an image that cannot be removed', async () => {
  const store = opened();
  await added(store, 'a');
  rmSync(join(uploadsDir, '.incoming'), { recursive: true });
  await expect(store.remove('a'.repeat(64))).rejects.toThrow('ENOENT');
  expect([store.listing.page(1)?.total, store.budget.usedBytes]).toEqual([1, 17]);
});

it('clears away what an earlier process left half done', () => {
  mkdirSync(join(uploadsDir, '.incoming/half'), { recursive: true });
  writeFileSync(join(uploadsDir, '.incoming/half/original'), 'hal');
  expect(opened().listing.page(1)?.total).toBe(0);
  expect(existsSync(join(uploadsDir, '.incoming/half'))).toBe(false);
});

it('does not list a damaged image, says so, and takes it anew', async () => {
  await added(opened(), 'a');
  writeFileSync(join(uploadsDir, 'images', 'a'.repeat(64), 'original'), 'cut');
  const store = opened();
  expect(store.listing.page(1)?.total).toBe(0);
  expect(logged.join('')).toMatch(/^.*images\/a{64} is not a whole image; it is not listed\n$/);
  expect(await added(store, 'a')).toMatchObject({ added: true });
  expect(opened().listing.page(1)?.total).toBe(1);
});

it('counts what is there, even when it is more than is allowed now', async () => {
  await added(opened(), 'a');
  const store = opened(10);
  expect([store.budget.usedBytes, store.budget.reserve(1)]).toEqual([17, false]);
});

it('says in one line that the folder cannot be made', () => {
  writeFileSync(join(uploadsDir, 'file'), '');
  expect(() => openImageStore(join(uploadsDir, 'file/uploads'), 1, () => undefined)).toThrow(
    /^UPLOADS_DIR is ".*", which cannot be made or written \(ENOTDIR\); make it writable, or set UPLOADS_DIR to a folder that is$/s,
  );
});

it.skipIf(process.getuid?.() === 0)('says in one line that the folder cannot be written', () => {
  chmodSync(uploadsDir, 0o500);
  expect(() => opened()).toThrow(/cannot be made or written \(EACCES\)/);
});

it('gives what there is, and again what came back', () => {
  const budget = createStoreBudget(100);
  expect([budget.reserve(60), budget.reserve(41), budget.reserve(40), budget.reserve(1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  budget.release(60);
  expect([budget.usedBytes, budget.reserve(60)]).toEqual([40, true]);
});
