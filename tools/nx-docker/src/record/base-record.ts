import { z } from 'zod';
import { baseModeSchema } from './probe-record.ts';

/** What `base.json` holds: what `rootfs.tar` beside it is, and why. */
export const baseRecordSchema = z.strictObject({
  mode: baseModeSchema,
  /** What the image begins with: "scratch", or a reference of a registry. */
  image: z.string(),
  /** What the userland was made of, in words. */
  from: z.string(),
  /** Why this mode. */
  reason: z.string(),
  architecture: z.string(),
  nodeVersion: z.string(),
  /** Of `rootfs.tar`. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BaseRecord = z.infer<typeof baseRecordSchema>;
