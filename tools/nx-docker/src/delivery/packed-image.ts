import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { cacheFolder, madeOnce, sha256OfFile } from '@tare/nx-kit';
import { z } from 'zod';
import { readConfig, readLayers } from '../image/image-archive.ts';
import type { RegistryBlob, RegistryManifest } from './registry.ts';

/** An image as a registry keeps it (OCI Image Format Specification). */
type PackedImage = {
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
  const blobOfConfig = blobOf(config);
  const manifest = manifestOf({
    mediaType: imageType,
    config: descriptorOf('application/vnd.oci.image.config.v1+json', blobOfConfig),
    layers: layers.map((layer) => descriptorOf('application/vnd.oci.image.layer.v1.tar+gzip', layer)),
  });
  return { manifest, config: blobOfConfig, layers };
}

const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** What refers to an image and is kept beside it: a document such as an SBOM. */
export type Attachment = {
  readonly manifest: RegistryManifest;
  readonly blobs: readonly RegistryBlob[];
  readonly descriptor: Descriptor;
};

type Descriptor = z.infer<typeof descriptorSchema>;
const descriptorSchema = z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.int() });

/**
 * Packs a document as an artifact that refers to an image (OCI Image Format Specification, "Guidelines for Artifact Usage").
 * @param created ISO 8601.
 */
export function packAttachment(
  artifactType: string,
  text: string,
  { manifest: image }: Pick<PackedImage, 'manifest'>,
  created: string,
): Attachment {
  const empty = blobOf(Buffer.from('{}'));
  const document = blobOf(Buffer.from(text));
  const annotations = { 'org.opencontainers.image.created': created };
  const manifest = manifestOf({
    mediaType: imageType,
    artifactType,
    config: descriptorOf('application/vnd.oci.empty.v1+json', empty),
    layers: [descriptorOf(artifactType, document)],
    subject: descriptorOf(image.mediaType, { digest: image.digest, sizeBytes: image.bytes.length }),
    annotations,
  });
  const own = descriptorOf(imageType, { digest: manifest.digest, sizeBytes: manifest.bytes.length });
  return { manifest, blobs: [empty, document], descriptor: { ...own, artifactType, annotations } };
}

/**
 * The list of what refers to an image, for a registry that keeps none itself: an index, under the tag that stands for the image's digest
 * (OCI Distribution Specification 1.1, "Referrers Tag Schema").
 * @param former text of the list that is there.
 * @returns undefined where the attachment is in it already.
 */
export function referrersIndex(
  former: string | undefined,
  { descriptor }: Attachment,
): RegistryManifest | undefined {
  const manifests = former === undefined ? [] : indexSchema.parse(JSON.parse(former)).manifests;
  if (manifests.some(({ digest }) => digest === descriptor.digest)) return undefined;
  return manifestOf({ mediaType: indexType, manifests: [...manifests, descriptor] });
}

const indexSchema = z.object({ mediaType: z.literal(indexType), manifests: z.array(descriptorSchema) });

function manifestOf(
  content: { readonly mediaType: string } & Readonly<Record<string, unknown>>,
): RegistryManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...content }));
  return { bytes, mediaType: content.mediaType, digest: digestOf(bytes) };
}

function descriptorOf(
  mediaType: string,
  { digest, sizeBytes }: Pick<RegistryBlob, 'digest' | 'sizeBytes'>,
): Descriptor {
  return { mediaType, digest, size: sizeBytes };
}

function blobOf(bytes: Buffer): RegistryBlob {
  return {
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    body: () => Promise.resolve(new Blob([bytes.toString()])),
  };
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
  content: AsyncIterable<Buffer>,
  to: string,
  diffId: string,
  archive: string,
): Promise<void> {
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, createGzip({ level: 6 }), createWriteStream(`${to}.partial`));
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== diffId)
    throw new Error(
      `${archive} holds another layer than it names (${found} for ${diffId}): run docker-build again with --skipNxCache`,
    );
  await rename(`${to}.partial`, to);
}
