import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createImageMaker } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { hostileUploads } from './hostile-uploads.ts';
import { startGallery, uploadsFolder } from './running-gallery.ts';
import type { RunningGallery } from './running-gallery.ts';
import { idOf, send } from './send.ts';

/** Another seed is another set of uploads; more of them are better, and take longer. */
const seed = Number(process.env.GALLERY_SEED ?? 20261121);
const uploads = Number(process.env.GALLERY_HOSTILE_UPLOADS ?? 150);
/**
 * A command that becomes the service, or starts it in a container: words with blanks between them. The memory is that of the
 * command; what a container takes its limit holds.
 */
const through = process.env.GALLERY_THROUGH?.split(' ') ?? [];

const atOnce = 4;
const limits = { maxUploadBytes: 2_000_000, maxFilesPerRequest: 5, bodyTimeoutMs: 4000 };
const memoryLimitMiB = 512;
const healthMs = 1000;

const outside = uploadsFolder();
const inside = join(outside.path, 'store', 'uploads');
let gallery: RunningGallery;
let maker: ImageMaker;

beforeAll(async () => {
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(outside.path, 'store', 'neighbour'), 'as it was');
  maker = await createImageMaker();
  const variables = {
    MAX_UPLOAD_BYTES: String(limits.maxUploadBytes),
    MAX_FILES_PER_REQUEST: String(limits.maxFilesPerRequest),
    BODY_TIMEOUT_MS: String(limits.bodyTimeoutMs),
  };
  gallery = await startGallery(inside, variables, through);
});
afterAll(async () => {
  await gallery.stop('SIGKILL');
  outside.remove();
});

/** The longest that /health took to answer, in milliseconds, asked all the time until the signal says to stop. */
async function slowestHealth(until: AbortSignal): Promise<number> {
  let slowest = 0;
  while (!until.aborted) {
    const askedMs = performance.now();
    const { status } = await send(new URL('/health', gallery.url));
    slowest = Math.max(slowest, status === 200 ? performance.now() - askedMs : Infinity);
    await wait(20);
  }
  return slowest;
}

it(
  `answers ${uploads} hostile uploads rightly, in bounded memory, and keeps them in its store`,
  { timeout: 3_600_000 },
  async () => {
    const url = new URL('/api/images', gallery.url);
    // Made before, because making them would hold up this process, which measures.
    const made = Array.from(hostileUploads(seed, uploads, limits, maker)).values();
    const wrong = new Map<string, number>();
    const statuses = new Map<number, number>();
    const work = async () => {
      for (const upload of made) {
        const status = await upload.send(url).catch(() => 0);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        // 503 is what anything may be answered with while many heavy images wait.
        if (status !== 503 && !upload.right.includes(status)) wrong.set(upload.kind, status);
      }
    };
    const done = new AbortController();
    const health = slowestHealth(done.signal);
    await Promise.all(Array.from({ length: atOnce }, work));
    done.abort();
    const slowestMs = await health;
    const { peak } = gallery.memoryMiB();
    const counts = Array.from(statuses).toSorted(([one], [other]) => one - other);
    process.stdout.write(
      `hostile uploads, seed ${seed}: peak ${peak.toFixed(0)} MiB; slowest health ${slowestMs.toFixed(0)} ms; ${counts.map(([status, count]) => `${status}: ${count}`).join(', ')}\n`,
    );

    expect(Object.fromEntries(wrong)).toEqual({});
    expect(gallery.log()).toBe('');
    expect(peak).toBeLessThan(memoryLimitMiB);
    expect(slowestMs).toBeLessThan(healthMs);

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
