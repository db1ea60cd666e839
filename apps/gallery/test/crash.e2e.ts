import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createImageMaker } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { pngImage } from './png-image.ts';
import { startGallery, uploadsFolder } from './running-gallery.ts';
import type { RunningGallery } from './running-gallery.ts';
import { seededRandom } from './seeded-random.ts';
import { formOf, idOf, send } from './send.ts';

const kills = 20;
const uploadsAtOnce = 50;
const random = seededRandom(Number(process.env.GALLERY_SEED ?? 20261121));
const uploads = uploadsFolder();
let maker: ImageMaker;
let gallery: RunningGallery;

beforeAll(async () => (maker = await createImageMaker()));
afterAll(async () => {
  await gallery.stop('SIGKILL');
  uploads.remove();
});

/** Image number n: of changing size and format. */
function imageOf(n: number): Buffer {
  const png = pngImage(n, 40 + Math.floor(random() * 160), 40 + Math.floor(random() * 120));
  return (
    [png, maker.encoded(png, '.jpg'), maker.encoded(png, '.webp'), maker.encoded(png, '.gif')][n % 4] ?? png
  );
}

/** Sends all images side by side, kills the service after some replies, and returns the ids that were acknowledged. */
async function uploadAndKill(gallery: RunningGallery, images: readonly Buffer[]): Promise<readonly string[]> {
  const url = new URL('/api/images', gallery.url);
  const [killAfter, delayMs] = [Math.floor(random() * uploadsAtOnce), random() * 25];
  const acknowledged: string[] = [];
  const { promise: due, resolve } = Promise.withResolvers<undefined>();
  const sending = images.map(async (body, n) => {
    const form = n % 2 === 0 ? formOf([{ fileName: `${n}.png`, content: body }]) : { body };
    const reply = await send(url, { method: 'POST', ...form }).catch(() => undefined);
    // What is stored has another id than what was sent, when it came with metadata.
    const id = reply?.status === 201 ? /"id":"([0-9a-f]{64})"/.exec(reply.body.toString())?.[1] : undefined;
    if (id !== undefined) acknowledged.push(id);
    if (acknowledged.length >= killAfter) resolve(undefined);
  });
  await due;
  await wait(delayMs);
  await gallery.stop('SIGKILL');
  await Promise.all(sending);
  return acknowledged;
}

type Listed = {
  readonly images: readonly { readonly id: string; readonly width: number; readonly height: number }[];
};

async function listed(gallery: RunningGallery): Promise<Listed['images']> {
  const images: Listed['images'][number][] = [];
  for (let page = 1; ; page += 1) {
    const reply = await send(new URL(`/api/images?page=${page}`, gallery.url));
    if (reply.status !== 200) return images;
    images.push(...(reply.json as Listed).images);
  }
}

it(`survives ${kills} kills in the middle of ${uploadsAtOnce} uploads`, { timeout: 900_000 }, async () => {
  const opened = new Set<string>();
  const acknowledged = new Set<string>();
  let leftHalfDone = 0;
  gallery = await startGallery(uploads.path);
  for (let kill = 0; kill < kills; kill += 1) {
    const images = Array.from({ length: uploadsAtOnce }, (_, n) => imageOf(kill * uploadsAtOnce + n));
    for (const id of await uploadAndKill(gallery, images)) acknowledged.add(id);
    leftHalfDone += readdirSync(join(uploads.path, '.incoming')).length;

    gallery = await startGallery(uploads.path);
    expect(readdirSync(join(uploads.path, '.incoming'))).toEqual([]);
    const found = await listed(gallery);
    for (const { id, width, height } of found.filter((each) => !opened.has(each.id))) {
      const [original, thumbnail] = await Promise.all([
        send(new URL(`/images/${id}`, gallery.url)),
        send(new URL(`/thumbnails/${id}`, gallery.url)),
      ]);
      expect([idOf(original.body), maker.decoded(original.body)]).toEqual([id, { width, height }]);
      expect(maker.decoded(thumbnail.body).width).toBeLessThanOrEqual(320);
      opened.add(id);
    }
    expect(gallery.log()).toBe('');
    const ids = found.map(({ id }) => id);
    expect(readdirSync(join(uploads.path, 'images')).toSorted()).toEqual(ids.toSorted());
    expect(Array.from(acknowledged).filter((id) => !existsSync(join(uploads.path, 'images', id)))).toEqual(
      [],
    );
  }
  process.stdout.write(
    `crash: ${acknowledged.size} of ${kills * uploadsAtOnce} uploads acknowledged before a kill, ${opened.size} listed and opened, ${leftHalfDone} left half done and cleared away\n`,
  );
  expect(leftHalfDone).toBeGreaterThan(0);
});
