import { missingShape, readRecord, sha256Schema } from '@tare/nx-kit';
import { z } from 'zod';

/** How a base is made: from Debian packages on this host, or from an image of a registry. */
const baseModeSchema = z.enum(['rootfs', 'registry']);
export type BaseMode = z.infer<typeof baseModeSchema>;

/**
 * What `probe.json` holds. With an engine only facts that stay the same from run to run, so that what depends on it can
 * be cached.
 */
export const probeRecordSchema = z.discriminatedUnion('engine', [
  z.strictObject({ engine: z.literal('docker'), architecture: z.string(), base: baseModeSchema }),
  z.strictObject({ engine: z.literal('none'), ...missingShape }),
]);
export type ProbeRecord = z.infer<typeof probeRecordSchema>;

/** What `base.json` holds: what `rootfs.tar` beside it is, and why. */
export const baseRecordSchema = z.strictObject({
  mode: baseModeSchema,
  /** What the image begins with: "scratch", or a reference of a registry. */
  image: z.string(),
  /** What the userland is made of, in words. */
  from: z.string(),
  /** Why this mode was chosen. */
  reason: z.string(),
  architecture: z.string(),
  nodeVersion: z.string(),
  /** Digest of `rootfs.tar`. */
  sha256: sha256Schema,
});
export type BaseRecord = z.infer<typeof baseRecordSchema>;

/** What `image.json` holds: which image `image.tar` beside it is. */
export const imageRecordSchema = z.strictObject({
  /** "sha256:…", the engine's own name of the image. */
  id: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** "tare/primes:0123456789ab" */
  tag: z.string(),
  /** Digest of layers, configuration and architecture: equal for equal content, unlike the ID. */
  contentDigest: sha256Schema,
  architecture: z.string(),
  sizeBytes: z.int().positive(),
  /** Digest of the app's bundle in it; null for a Dockerfile that adds its own app. */
  artifactSha256: sha256Schema.nullable(),
  /** Digest of the base's `rootfs.tar`; null for a Dockerfile with its own base. */
  baseSha256: sha256Schema.nullable(),
  base: baseModeSchema.nullable(),
  /** Version of the Node binary in the base: "24.21.0"; null like the base. */
  nodeVersion: z.string().nullable(),
  builder: z.enum(['buildkit', 'legacy']),
});
export type ImageRecord = z.infer<typeof imageRecordSchema>;

/** What `push.json` holds: what a push has set, for the steps of a job that come after it. */
export type PushRecord = {
  /** "ghcr.io/acme/api" */
  readonly image: string;
  /** "sha256:…", of the manifest. */
  readonly digest: string;
  readonly tags: readonly string[];
  /** The commit's hash. */
  readonly revision: string;
};

/** The image.json that a build has left; undefined if there is none, or if an older version of this plugin wrote it. */
export function formerRecord(path: string): ImageRecord | undefined {
  try {
    return readRecord(path, imageRecordSchema, '');
  } catch {
    return undefined;
  }
}
