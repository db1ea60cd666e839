import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import type { ImageRecord } from '../record/image-record.ts';
import { contentDigest } from './content-digest.ts';
import { inspectImage, type ImageFacts } from './inspect-image.ts';

const progress = z.object({ error: z.string().optional() });

/** An image that the engine has. */
export type PresentImage = { readonly facts: ImageFacts; readonly loaded: boolean };

/**
 * Makes sure that the engine has the image of a record, loading it from its archive if not: a cached build stays true
 * when somebody has removed the image.
 */
export async function ensureImage(
  engine: Engine,
  record: ImageRecord,
  archive: string,
  signal: AbortSignal,
): Promise<PresentImage> {
  const present = await findImage(engine, record, signal);
  if (present !== undefined) return { facts: present, loaded: false };
  await access(archive).catch((cause: unknown) => {
    throw new Error(
      `the engine does not have the image ${record.tag}, and ${archive} is missing; run docker-build`,
      { cause },
    );
  });
  const events = engine.lines({
    method: 'POST',
    path: '/images/load',
    query: { quiet: true },
    archive: createReadStream(archive, { signal }),
    signal,
    deadlineMs: 300_000,
  });
  for await (const line of events) {
    const { error } = progress.parse(line);
    if (error !== undefined) throw new Error(`the engine could not load ${archive}: ${error}`);
  }
  const loaded = await findImage(engine, record, signal);
  if (loaded === undefined)
    throw new Error(`${archive} does not hold the image ${record.tag}; run docker-build`);
  return { facts: loaded, loaded: true };
}

/** By ID, or by tag when the content is the same: a load may give it another ID on another kind of image store. */
async function findImage(
  engine: Engine,
  record: ImageRecord,
  signal: AbortSignal,
): Promise<ImageFacts | undefined> {
  const byId = await inspectImage(engine, record.id, signal);
  if (byId !== undefined) return byId;
  const byTag = await inspectImage(engine, record.tag, signal);
  return byTag !== undefined && contentDigest(byTag) === record.contentDigest ? byTag : undefined;
}
