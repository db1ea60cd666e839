import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '@tare/nx-kit';
import { z } from 'zod';
import { type Engine, isStatus } from '../engine/connect-engine.ts';
import type { ImageRecord } from '../records.ts';

/**
 * The name of a project's image in the engine: its repository with the content's digest as the tag, so that equal content
 * has one name and other content another.
 */
export function imageTag(project: string, contentDigest: string): string {
  return `${imageRepository(project)}:${contentDigest.slice(0, 12)}`;
}

/** A project's repository: "@acme/Web app" → "tare/acme/web-app". */
export function imageRepository(project: string): string {
  return `tare/${projectPath(project)}`;
}

/** A project's name as the path of a repository: "@acme/Web app" → "acme/web-app". */
export function projectPath(project: string): string {
  return project
    .toLowerCase()
    .split('/')
    .map((part) => part.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''))
    .filter(Boolean)
    .join('/');
}

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const set = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => Object.keys(value ?? {}).sort());

const imageAnswer = z.object({
  Id: z.string(),
  Architecture: z.string(),
  Size: z.int().nonnegative(),
  RootFS: z.object({ Layers: list }),
  Config: z.object({
    User: z.string().default(''),
    WorkingDir: z
      .string()
      .default('')
      .transform((value) => value || '/'),
    StopSignal: z.string().default(''),
    Env: list,
    Entrypoint: list,
    Cmd: list,
    ExposedPorts: set,
    Volumes: set,
    Labels: z
      .record(z.string(), z.string())
      .nullish()
      .transform((value) => Object.entries(value ?? {}).sort()),
    Healthcheck: z.unknown().optional(),
  }),
});
/** What the engine says about an image; absent lists and sets are empty. */
export type ImageFacts = z.infer<typeof imageAnswer>;

/** Asks for an image by ID, tag or digest; undefined when the engine does not have it. */
export async function inspectImage(
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<ImageFacts | undefined> {
  try {
    return await engine.ask({ method: 'GET', path: `/images/${name}/json`, signal }, imageAnswer);
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/**
 * Sums up what an image is: its layers, the part of its configuration that matters to a container, its architecture.
 * Unlike the image's ID it does not change with the time of the build or with the builder.
 * @returns sha256, lower-case hex.
 */
export function contentDigest({ RootFS, Config, Architecture }: ImageFacts): string {
  const config = { ...Config, Healthcheck: Config.Healthcheck ?? null };
  return createHash('sha256')
    .update(JSON.stringify([RootFS.Layers, config, Architecture]))
    .digest('hex');
}

const progress = z.object({ error: z.string().optional(), stream: z.string().optional() });

/** An image that the engine has. */
export type PresentImage = { readonly facts: ImageFacts; readonly loaded: boolean };

/** Which image is wanted. */
type WantedImage = Pick<ImageRecord, 'tag' | 'contentDigest'> & Partial<Pick<ImageRecord, 'id'>>;

/**
 * Makes sure that the engine has an image, and loads it from its archive if not. So a cached build stays true when somebody
 * removes the image.
 */
export async function ensureImage(
  engine: Engine,
  wanted: WantedImage,
  archive: string,
  signal: AbortSignal,
): Promise<PresentImage> {
  const names = [...(wanted.id === undefined ? [] : [wanted.id]), wanted.tag];
  const present = await findImage(engine, wanted, names, signal);
  if (present !== undefined) return { facts: present, loaded: false };
  await access(archive).catch((cause: unknown) => {
    throw new Error(
      `the engine does not have the image ${wanted.tag}, and ${archive} is missing; run docker-build`,
      { cause },
    );
  });
  const load = {
    method: 'POST',
    path: '/images/load',
    query: { quiet: true },
    archive: createReadStream(archive, { signal }),
    signal,
    deadlineMs: 300_000,
  } as const;
  for await (const { error, stream = '' } of engine.lines(load, progress)) {
    if (error !== undefined) throw new Error(`the engine could not load ${archive}: ${error}`);
    const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(stream) ?? [];
    // an image that was saved without a name has only the ID that this store of images gives it
    if (name !== undefined) names.push(name);
  }
  const loaded = await findImage(engine, wanted, names, signal);
  if (loaded === undefined)
    throw new Error(
      `${archive} does not hold the image ${wanted.tag}; run docker-build again with --skipNxCache`,
    );
  return { facts: loaded, loaded: true };
}

/** Finds it by ID, or by another name if the content is the same: another kind of image store may give it another ID. */
async function findImage(
  engine: Engine,
  { id, contentDigest: digest }: WantedImage,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ImageFacts | undefined> {
  for (const name of names) {
    const found = await inspectImage(engine, name, signal);
    if (found !== undefined && (name === id || contentDigest(found) === digest)) return found;
  }
  return undefined;
}

/**
 * Saves an image, with its tag if that is what it is named by, as an archive for `docker load`. Writes it aside and renames it, so that there is never half an
 * archive under the name.
 */
export async function saveImage(
  engine: Engine,
  tag: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const aside = `${path}.partial`;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(300_000)]);
  try {
    const answer = await engine.open({ method: 'GET', path: `/images/${tag}/get`, signal: bounded });
    await pipeline(answer, createWriteStream(aside), { signal: bounded });
    await rename(aside, path);
  } catch (cause) {
    signal.throwIfAborted();
    const why = messageOf(cause);
    throw new Error(`the image ${tag} could not be saved to ${path}: ${why}`, { cause });
  } finally {
    await rm(aside, { force: true });
  }
}

const layer = z.object({
  error: z.string().optional(),
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional() }).nullish(),
});

/**
 * Makes sure that the engine has an image of a registry, and pulls it if not.
 * @param tell gets a line when the pull begins, and one every few seconds.
 * @throws Error with the engine's reason.
 */
export async function pullImage(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
  tell?: (line: string) => void,
): Promise<void> {
  if ((await inspectImage(engine, reference, signal)) !== undefined) return;
  tell?.(`pulling the image ${reference}`);
  // without a tag the engine would pull all tags
  const query = { fromImage: /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest` };
  const pull = { method: 'POST', path: '/images/create', query, signal, deadlineMs: 900_000 } as const;
  const bytes = new Map<string, number>();
  let toldAt = performance.now();
  for await (const { error, id, status, progressDetail } of engine.lines(pull, layer)) {
    if (error !== undefined) throw new Error(`the engine could not pull ${reference}: ${error}`);
    if (status === 'Downloading' && id !== undefined) bytes.set(id, progressDetail?.current ?? 0);
    if (bytes.size === 0 || performance.now() - toldAt < 5000) continue;
    toldAt = performance.now();
    const sum = [...bytes.values()].reduce((total, each) => total + each, 0);
    tell?.(`pulling the image ${reference}: ${Math.round(sum / 2 ** 20)} MiB so far`);
  }
}

/**
 * Removes an image with its tags, unless a container uses it.
 * @returns whether this call removed it.
 */
export async function removeImage(engine: Engine, id: string, signal: AbortSignal): Promise<boolean> {
  // removal by ID of an image with several tags needs force, and force would also remove it under a stopped container
  const used = await engine.call({
    method: 'GET',
    path: '/containers/json',
    query: { all: true, filters: { ancestor: [id] } },
    signal,
  });
  if (used.trim() !== '[]') return false;
  try {
    await engine.call({
      method: 'DELETE',
      path: `/images/${id}`,
      query: { force: true },
      signal,
      deadlineMs: 60_000,
    });
    return true;
  } catch (error) {
    if (isStatus(error, 404, 409)) return false;
    throw error;
  }
}
