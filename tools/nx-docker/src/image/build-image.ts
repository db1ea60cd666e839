import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRecord } from '@tare/nx-kit';
import { z } from 'zod';
import { type Engine, isEngineError } from '../engine/connect-engine.ts';
import { fixedTar } from '../fixed-tar.ts';
import type { ImageRecord } from '../records.ts';
import type { BuildContext } from './build-context.ts';
import {
  contentDigest,
  type ImageFacts,
  imageRepository,
  imageTag,
  inspectImage,
  removeImage,
  saveImage,
} from './images.ts';

export type Builder = 'buildkit' | 'legacy';

/** What to build. */
type BuildOptions = {
  readonly context: BuildContext;
  readonly arguments: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Only this builder; by default BuildKit where possible, else the legacy builder. */
  readonly builder?: Builder;
  /** 10 minutes by default. */
  readonly deadlineMs?: number;
  /** Called with each line of the build's output. */
  readonly onLine?: (line: string) => void;
};

/** An image that was built. */
export type BuiltImage = {
  readonly facts: ImageFacts;
  readonly contentDigest: string;
  readonly builder: Builder;
};

const buildEvent = z.object({
  id: z.string().optional(),
  stream: z.string().optional(),
  error: z.string().optional(),
  aux: z.union([z.string(), z.object({ ID: z.string() }), z.unknown()]).optional(),
});
const imageId = z.object({ ID: z.string() });

/**
 * Builds an image with the Engine API, without the docker client or a session; holds only the stream in memory.
 * @throws Error with the engine's reason and the last lines of the build's output.
 */
export async function buildImage(
  engine: Engine,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const builder = options.builder ?? builderFor(options);
  let id: string;
  try {
    id = await buildWith(builder, engine, options, signal);
  } catch (error) {
    // an engine without BuildKit refuses the request itself; a Dockerfile fails in an event
    const refused = isEngineError(error) && error.engineStatus !== undefined;
    if (!refused || options.builder !== undefined || builder === 'legacy') throw error;
    options.onLine?.(`BuildKit refused (${error.message}); building with the legacy builder`);
    return buildImage(engine, { ...options, builder: 'legacy' }, signal);
  }
  const facts = await inspectImage(engine, id, signal);
  if (facts === undefined) throw new Error(`the engine has lost the image ${id} that it has just built`);
  return { facts, contentDigest: contentDigest(facts), builder };
}

/**
 * BuildKit, unless the context must not contain its Dockerfile: only the legacy builder removes it from a context that is
 * sent to it.
 */
function builderFor({ context, onLine }: BuildOptions): Builder {
  if (context.withoutDockerfile === undefined) return 'buildkit';
  const dockerfile = context.entries.find(({ name }) => name === context.dockerfile);
  const text = dockerfile?.type === 'file' ? readFileSync(dockerfile.path, 'utf8') : '';
  if (!needsBuildKit.test(text)) return 'legacy';
  onLine?.(
    `${context.dockerfile} stays in the context though it is ignored: BuildKit, which it needs, reads it there`,
  );
  return 'buildkit';
}

const needsBuildKit =
  /^#\s*syntax|^RUN\s+--|--(?:chmod|link|parents|exclude|checksum)\b|<<|\b(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)\b/im;

async function buildWith(
  builder: Builder,
  engine: Engine,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<string> {
  const { context, deadlineMs = 600_000, onLine } = options;
  const said: string[] = [];
  const hear = (line: string): void => {
    said.push(line);
    if (said.length > 20) said.shift();
    onLine?.(line);
  };
  const { withoutDockerfile } = context;
  const entries =
    builder === 'buildkit' || withoutDockerfile === undefined
      ? context.entries
      : [...context.entries.filter(({ name }) => name !== withoutDockerfile.name), withoutDockerfile];
  const build = {
    method: 'POST',
    path: '/build',
    query: {
      version: builder === 'buildkit' ? '2' : '1',
      dockerfile: context.dockerfile,
      rm: true,
      forcerm: true,
      buildargs: options.arguments,
      labels: options.labels ?? {},
    },
    archive: fixedTar(entries),
    signal,
    deadlineMs,
  } as const;
  let id: string | undefined;
  for await (const event of engine.lines(build, buildEvent)) {
    if (event.error !== undefined) throw new Error(failure(event.error, said));
    for (const text of linesOf(event)) hear(text);
    if (event.id !== 'moby.buildkit.trace') id = imageId.safeParse(event.aux).data?.ID ?? id;
  }
  if (id === undefined) throw new Error(failure('the engine ended the build without an image', said));
  return id;
}

function linesOf({ id, stream, aux }: z.infer<typeof buildEvent>): readonly string[] {
  if (id === 'moby.buildkit.trace' && typeof aux === 'string') return traceLines(aux);
  return (stream ?? '').split('\n').filter((line) => line.trim() !== '');
}

function failure(reason: string, said: readonly string[]): string {
  const output = said.slice(-10).filter((line) => line.trim() !== reason.trim());
  return [`the image build failed: ${reason.trim()}`, ...output.map((line) => `  ${line}`)].join('\n');
}

/**
 * Reads the lines of output and the errors from a trace message of BuildKit: a StatusResponse of
 * moby/buildkit/api/services/control/control.proto. Only Vertex.error and VertexLog.msg matter here.
 * @param base64 the `aux` of an event whose `id` is "moby.buildkit.trace".
 */
export function traceLines(base64: string): readonly string[] {
  const response = fieldsOf(Buffer.from(base64, 'base64'));
  const inside = (message: number, field: number): readonly string[] =>
    response
      .filter(({ number }) => number === message)
      .flatMap(({ bytes }) => fieldsOf(bytes).filter(({ number }) => number === field))
      .flatMap(({ bytes }) => bytes.toString().split('\n'))
      .filter((line) => line.trim() !== '');
  return [...inside(logs, message), ...inside(vertexes, error)];
}

const vertexes = 1;
const logs = 3;
const error = 7;
const message = 4;

type Field = { readonly number: number; readonly bytes: Buffer };

/** The length-delimited fields of a protobuf message; skips the others. */
function fieldsOf(encoded: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < encoded.length; factor *= 128) {
      const byte = encoded[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < encoded.length) {
    const key = varint();
    const wireType = key % 8;
    if (wireType === 2) {
      const length = varint();
      fields.push({ number: Math.floor(key / 8), bytes: encoded.subarray(at, at + length) });
      at += length;
    } else if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return fields;
  }
  return fields;
}

/** What to bake and where to write it. */
type BakeOptions = {
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
 * Builds a project's image, names it by its content, saves it, and removes the image that the former record named. The
 * engine keeps only images that a record names.
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
  await writeRecord(join(out, 'image.json'), record);
  if (former !== undefined && former.id !== record.id) await removeImage(engine, former.id, signal);
  return record;
}
