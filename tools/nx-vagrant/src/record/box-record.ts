import { z } from 'zod';

/** What `box.json` holds: which box machines are made of, and why. */
export const boxRecordSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('built'),
    /** "tare/bookworm-0123456789ab": under this name Vagrant knows it. */
    name: z.string(),
    /** Name of the box file, beside `box.json`. */
    file: z.string(),
    /** Of that file. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'),
    bytes: z.int().positive(),
    /** Of the Node binary in it: "24.21.0". */
    nodeVersion: z.string(),
    architecture: z.string(),
    /** What it was made of, in words. */
    from: z.string(),
    /** Why this mode. */
    reason: z.string(),
  }),
  z.strictObject({
    mode: z.literal('public'),
    /** "bento/debian-12". */
    name: z.string(),
    version: z.string(),
    /** Of the Node binary that provisioning installs. */
    nodeVersion: z.string(),
    architecture: z.string(),
    from: z.string(),
    reason: z.string(),
  }),
]);
export type BoxRecord = z.infer<typeof boxRecordSchema>;
