import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, createZstdDecompress } from 'node:zlib';
import { cacheFolder, madeOnce, sha256OfFile } from '@tare/nx-kit';
import { z } from 'zod';
import { readConfig, readLayers } from '../image/image-archive.ts';
import type { RegistryBlob, RegistryManifest } from './registry.ts';

/** An image as a registry keeps it (OCI Image Format Specification). */
export type PackedImage = {
  readonly manifest: RegistryManifest;
  readonly config: RegistryBlob;
  /** From the base up. */
  readonly layers: readonly RegistryBlob[];
};

const configSchema = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  config: z.record(z.string(), z.unknown()).prefault({}),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: z.array(z.string()) }),
  history: z.array(z.record(z.string(), z.unknown())).optional(),
});

/** What of the configuration decides how a container runs. The rest is of the build: the container that a step ran in, its parent. */
const lastingKeys = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'StopSignal',
  'Healthcheck',
  'Shell',
  'OnBuild',
] as const;

/**
 * Packs a saved image for a registry, without an engine. The result depends on the image's content, the labels and the date alone:
 * neither on the time of the build nor on the engine, both of which an engine's own push brings in.
 * @param archive as `docker save` writes it.
 * @param created of the image and of each step, ISO 8601.
 * @throws Error in one line when the archive is not what it says.
 */
export async function packImage(
  archive: string,
  labels: Readonly<Record<string, string>>,
  created: string,
): Promise<PackedImage> {
  const image = await readConfig(archive, configSchema);
  const { architecture, os, variant, rootfs, history } = image;
  const own = z.record(z.string(), z.string()).nullish().parse(image.config.Labels);
  const known = lastingKeys.flatMap((key) => {
    const value = image.config[key];
    return value === undefined || value === null || value === '' ? [] : [[key, value] as const];
  });
  const sorted = Object.entries({ ...own, ...labels }).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const config = Buffer.from(
    JSON.stringify({
      created,
      architecture,
      os,
      ...(variant === undefined ? {} : { variant }),
      config: { ...Object.fromEntries(known), Labels: Object.fromEntries(sorted) },
      rootfs,
      ...(history === undefined ? {} : { history: history.map((step) => ({ ...step, created })) }),
    }),
  );
  const layers = await packLayers(archive, rootfs.diff_ids);
  const blobOfConfig: RegistryBlob = {
    digest: digestOf(config),
    sizeBytes: config.length,
    body: () => Promise.resolve(new Blob([config.toString()])),
  };
  const descriptor = (mediaType: string, { digest, sizeBytes }: RegistryBlob) => ({
    mediaType,
    digest,
    size: sizeBytes,
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: descriptor('application/vnd.oci.image.config.v1+json', blobOfConfig),
      layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)),
    }),
  );
  return { manifest: { bytes, mediaType, digest: digestOf(bytes) }, config: blobOfConfig, layers };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Compresses the layers; one that was compressed before comes from the cache of this user. */
async function packLayers(archive: string, diffIds: readonly string[]): Promise<readonly RegistryBlob[]> {
  const folder = (diffId: string): string =>
    cacheFolder('layers', `${diffId.replace(/^sha256:/, '')}-zlib-${process.versions.zlib}`);
  await readLayers(archive, async (index, content) => {
    const diffId = diffIds[index];
    if (diffId === undefined) throw new Error(`${archive} has more layers than its configuration names`);
    await madeOnce(folder(diffId), (aside) =>
      compress(content, join(aside, 'layer.tar.gz'), diffId, archive),
    );
  });
  return Promise.all(
    diffIds.map(async (diffId) => {
      const path = join(folder(diffId), 'layer.tar.gz');
      const { size: sizeBytes } = await stat(path);
      return { digest: `sha256:${await sha256OfFile(path)}`, sizeBytes, body: () => openAsBlob(path) };
    }),
  );
}

/** Compresses a layer, and makes sure that it is the one that the configuration names. */
async function compress(
  content: AsyncIterable<unknown>,
  to: string,
  diffId: string,
  archive: string,
): Promise<void> {
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of plainBytes(content)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, createGzip({ level: 6 }), createWriteStream(`${to}.partial`));
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== diffId)
    throw new Error(
      `${archive} holds another layer than it names (${found} for ${diffId}): run docker-build again`,
    );
  await rename(`${to}.partial`, to);
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
