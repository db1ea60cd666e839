import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRecord } from '@tare/recipe';
import type { Engine } from '../engine/connect-engine.ts';
import type { ImageRecord } from '../records.ts';
import { buildImage, type BuildOptions } from './build-image.ts';
import { imageRepository, imageTag, removeImage, saveImage } from './images.ts';

/** What to bake and where to write it. */
export type BakeOptions = {
  readonly project: string;
  readonly build: BuildOptions;
  /** Folder for `image.json` and `image.tar`. */
  readonly out: string;
  readonly artifactSha256: string | null;
  readonly base: {
    readonly sha256: string;
    readonly mode: NonNullable<ImageRecord['base']>;
    readonly nodeVersion: string;
  } | null;
  /** The record of the project's image before this one. */
  readonly former: ImageRecord | undefined;
};

/**
 * Builds a project's image, names it by its content, saves it, and removes the image that the former record named: only
 * images that a record names are left in the engine.
 */
export async function bakeImage(
  engine: Engine,
  options: BakeOptions,
  signal: AbortSignal,
): Promise<ImageRecord> {
  const { project, out, artifactSha256, base, former } = options;
  const built = await buildImage(engine, options.build, signal);
  const tag = imageTag(project, built.contentDigest);
  const record: ImageRecord = {
    id: built.facts.Id,
    tag,
    contentDigest: built.contentDigest,
    architecture: built.facts.Architecture,
    sizeBytes: built.facts.Size,
    artifactSha256,
    baseSha256: base?.sha256 ?? null,
    base: base?.mode ?? null,
    nodeVersion: base?.nodeVersion ?? null,
    builder: built.builder,
  };
  const name = { repo: imageRepository(project), tag: tag.slice(tag.lastIndexOf(':') + 1) };
  await engine.call({ method: 'POST', path: `/images/${record.id}/tag`, query: name, signal });
  await mkdir(out, { recursive: true });
  await saveImage(engine, tag, join(out, 'image.tar'), signal);
  writeRecord(join(out, 'image.json'), record);
  if (former !== undefined && former.id !== record.id) await removeImage(engine, former.id, signal);
  return record;
}
