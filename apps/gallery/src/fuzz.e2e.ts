import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createImageMaker } from './testing/image-maker.ts';
import type { ImageMaker } from './testing/image-maker.ts';
import { malformedUploads } from './testing/malformed-uploads.ts';
import { startGallery, uploadsFolder } from './testing/running-gallery.ts';
import type { RunningGallery } from './testing/running-gallery.ts';
import { idOf, send } from './testing/send.ts';

const seed = Number(process.env.GALLERY_FUZZ_SEED ?? 20261121);
const uploads = 2000;
const atOnce = 6;
const limits = { maxUploadBytes: 600_000, maxFilesPerRequest: 5, bodyTimeoutMs: 4000 };
const memoryLimitMiB = 512;

const outside = uploadsFolder();
const inside = join(outside.path, 'store', 'uploads');
let gallery: RunningGallery;
let maker: ImageMaker;

beforeAll(async () => {
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(outside.path, 'store', 'neighbour'), 'as it was');
  maker = await createImageMaker();
  gallery = await startGallery(inside, {
    MAX_UPLOAD_BYTES: String(limits.maxUploadBytes),
    MAX_FILES_PER_REQUEST: String(limits.maxFilesPerRequest),
    BODY_TIMEOUT_MS: String(limits.bodyTimeoutMs),
  });
});
afterAll(async () => {
  await gallery.stop('SIGKILL');
  outside.remove();
});

it(
  `answers ${uploads} malformed uploads rightly, in bounded memory, and keeps them in its store`,
  { timeout: 900_000 },
  async () => {
    const url = new URL('/api/images', gallery.url);
    const waiting = Array.from(malformedUploads(seed, uploads, limits, maker));
    const wrong = new Map<string, string>();
    const statuses = new Map<number, number>();
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { kind, sent, right } = next;
        const outcome = await send(url, sent).then(
          ({ status, body }) => ({ status, text: body.toString() }),
          (error: unknown) => ({ status: 0, text: String(error) }),
        );
        statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1);
        if (!right.includes(outcome.status))
          wrong.set(`${kind}: ${outcome.status}`, outcome.text.slice(0, 200));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    const { peak } = gallery.memoryMiB();
    const counts = Array.from(statuses).toSorted(([one], [other]) => one - other);
    process.stdout.write(
      `fuzz, seed ${seed}: peak ${peak.toFixed(0)} MiB; ${counts.map(([status, count]) => `${status}: ${count}`).join(', ')}\n`,
    );

    expect(Object.fromEntries(wrong)).toEqual({});
    expect(gallery.log()).toBe('');
    expect((await send(new URL('/health', gallery.url))).status).toBe(200);
    expect(peak).toBeLessThan(memoryLimitMiB);

    expect(readdirSync(outside.path)).toEqual(['store']);
    expect(readdirSync(join(outside.path, 'store')).toSorted()).toEqual(['neighbour', 'uploads']);
    expect(readFileSync(join(outside.path, 'store', 'neighbour'), 'utf8')).toBe('as it was');
    expect(readdirSync(inside).toSorted()).toEqual(['.incoming', 'images']);
    expect(readdirSync(join(inside, '.incoming'))).toEqual([]);
    for (const id of readdirSync(join(inside, 'images'))) {
      const files = readdirSync(join(inside, 'images', id)).toSorted();
      const original = readFileSync(join(inside, 'images', id, 'original'));
      expect([idOf(original), files]).toEqual([id, ['image.json', 'original', 'thumbnail.webp']]);
      expect(maker.decoded(readFileSync(join(inside, 'images', id, 'thumbnail.webp'))).width).toBeGreaterThan(
        0,
      );
    }
  },
);
