import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ImageConfig } from '@tare/environment';
import { messageOf } from '@tare/nx-kit';
import { extract, type Header } from 'tar-stream';
import { z } from 'zod';

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const manifestSchema = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })], z.unknown());

/** The configuration of an image (OCI Image Format Specification, "Image Configuration"). */
const configSchema = z.object({
  architecture: z.string(),
  config: z
    .object({
      Entrypoint: list,
      Cmd: list,
      Env: list,
      WorkingDir: z.string().default(''),
      User: z.string().default(''),
      ExposedPorts: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((value) => Object.keys(value ?? {})),
    })
    .prefault({}),
});

/** What an image says about itself. */
export type ArchivedImage = {
  /** In Docker's words: "amd64", "arm64". */
  readonly architecture: string;
  readonly config: ImageConfig;
};

// layers may be larger, and are not read
const largestConfigBytes = 4 * 2 ** 20;

/**
 * Reads how an image is run from its archive, as `docker save` writes it. Needs no engine.
 * @throws Error in one line when the file is missing or no such archive.
 */
export async function readImageArchive(path: string): Promise<ArchivedImage> {
  const { architecture, config } = await readConfig(path, configSchema);
  return {
    architecture,
    config: {
      command: [...config.Entrypoint, ...config.Cmd],
      variables: config.Env,
      workingDirectory: config.WorkingDir || '/',
      user: config.User,
      ports: config.ExposedPorts.flatMap((port) => {
        const [, number] = /^(\d+)(?:\/tcp)?$/.exec(port) ?? [];
        return number === undefined ? [] : [Number(number)];
      }),
    },
  };
}

/** Reads the configuration of an image from its archive. @throws Error in one line when there is none that fits. */
export async function readConfig<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return unlessBroken(path, async () => {
    const { manifest, files } = await readIndex(path);
    const config = files.get(manifest.Config) ?? 'null';
    // an engine names it by its digest
    const [, named] = /([0-9a-f]{64})(?:\.json)?$/.exec(manifest.Config) ?? [];
    if (named !== undefined && createHash('sha256').update(config).digest('hex') !== named)
      throw new Error(
        'its configuration is not the one that it names: run docker-build again with --skipNxCache',
      );
    return schema.parse(JSON.parse(config));
  });
}

/**
 * Reads the layers of an image from its archive, in the order in which they lie there; layers that are equal once.
 * @param read gets each layer and its place from the base up, 0 first, and reads it to its end.
 */
export async function readLayers(
  path: string,
  read: (index: number, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const { manifest, links } = await unlessBroken(path, () => readIndex(path));
  const places = new Map<string, number>();
  for (const [index, layer] of manifest.Layers.entries()) {
    const name = links.get(layer) ?? layer;
    if (!places.has(name)) places.set(name, index);
  }
  await eachFile(createReadStream(path), async ({ name }, content) => {
    const index = places.get(name);
    if (index !== undefined) await read(index, plainBytes(content));
    places.delete(name);
  });
  const [missing] = places.keys();
  if (missing !== undefined)
    throw new Error(`${path} lacks the layer ${missing}: run docker-build again with --skipNxCache`);
}

/** What a layer holds, which the image store of containerd saves compressed. */
async function* plainBytes(content: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const chunks = content[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true || !Buffer.isBuffer(first.value)) return;
  const head = first.value;
  const whole = Readable.from(
    (async function* () {
      yield head;
      yield* { [Symbol.asyncIterator]: () => chunks };
    })(),
  );
  const magic = head.subarray(0, 4).toString('hex');
  const unpack = magic.startsWith('1f8b')
    ? createGunzip()
    : magic === '28b52ffd'
      ? createZstdDecompress()
      : undefined;
  // a failure ends the loop of the reader, too
  if (unpack !== undefined) pipeline(whole, unpack).catch(() => undefined);
  yield* unpack ?? whole;
}

type Manifest = z.infer<typeof manifestSchema>[0];

/** Which files of an archive are the image, and the small ones among them. */
async function readIndex(path: string): Promise<{
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, string>;
  readonly links: ReadonlyMap<string, string>;
}> {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  await eachFile(createReadStream(path), async ({ name, size = 0, type, linkname }, content) => {
    // equal layers lie there once
    if (type === 'symlink') links.set(name, posix.join(posix.dirname(name), linkname ?? ''));
    const isCandidate = /\.json$|^blobs\//.test(name) && size <= largestConfigBytes;
    if (type === 'file' && isCandidate) files.set(name, await text(content));
  });
  const [manifest] = manifestSchema.parse(JSON.parse(files.get('manifest.json') ?? 'null'));
  return { manifest, files, links };
}

/** Goes through a tar archive. What of an entry is not read is passed over. */
export async function eachFile(
  archive: Readable,
  take: (header: Header, content: AsyncIterable<unknown>) => Promise<void>,
): Promise<void> {
  const entries = extract();
  const reading = pipeline(archive, entries);
  // a failure ends the loop below, too
  reading.catch(() => undefined);
  for await (const entry of entries) {
    await take(entry.header, entry);
    entry.resume();
  }
  await reading;
}

async function unlessBroken<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is no archive of docker save' : messageOf(cause);
    throw new Error(`${path} cannot be read as an image: ${why}`, { cause });
  }
}
