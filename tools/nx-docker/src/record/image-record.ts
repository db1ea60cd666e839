import { z } from 'zod';
import { baseModeSchema } from './probe-record.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** What `image.json` holds: which image `image.tar` beside it is. */
export const imageRecordSchema = z.strictObject({
  /** "sha256:…", the engine's own name of the image. */
  id: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** "tare/primes:0123456789ab" */
  tag: z.string(),
  /** Of layers, configuration and architecture: equal for equal content, unlike the ID. */
  contentDigest: sha256,
  architecture: z.string(),
  sizeBytes: z.int().positive(),
  /** Of the app's bundle in it; null for a Dockerfile that adds its own app. */
  artifactSha256: sha256.nullable(),
  /** Of the base's `rootfs.tar`; null for a Dockerfile with a base of its own. */
  baseSha256: sha256.nullable(),
  base: baseModeSchema.nullable(),
  /** Of the Node binary in the base: "24.21.0"; null like the base. */
  nodeVersion: z.string().nullable(),
  builder: z.enum(['buildkit', 'legacy']),
});
export type ImageRecord = z.infer<typeof imageRecordSchema>;
