import { join } from 'node:path';
import { missingShape, readRecord, sha256Schema } from '@tare/nx-kit';
import { z } from 'zod';

/** What runs the machines: "libvirt" (QEMU) or "virtualbox". */
const providerSchema = z.enum(['libvirt', 'virtualbox']);
export type Provider = z.infer<typeof providerSchema>;

/** How a box comes to be: built from Debian packages on this host, or a public one pinned by version. */
const boxModeSchema = z.enum(['built', 'public']);
export type BoxMode = z.infer<typeof boxModeSchema>;

/**
 * What `probe.json` holds. With a provider only facts that stay the same from run to run, so that what depends on it can
 * be cached.
 */
export const probeRecordSchema = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: providerSchema,
    /** In Debian's words: "amd64", "arm64". */
    architecture: z.string(),
    /** How this host makes a box, and why. */
    box: boxModeSchema,
    reason: z.string(),
  }),
  z.strictObject({ provider: z.literal('none'), ...missingShape }),
]);
export type ProbeRecord = z.infer<typeof probeRecordSchema>;

/** What `box.json` holds: which box machines are made of, and why. */
export const boxRecordSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('built'),
    /** Vagrant's name for it: "tare/bookworm-0123456789ab". */
    name: z.string(),
    /** Name of the box file, beside `box.json`. */
    file: z.string(),
    /** Digest of that file. */
    sha256: sha256Schema,
    bytes: z.int().positive(),
    /** Version of the Node binary in it: "24.21.0". */
    nodeVersion: z.string(),
    architecture: z.string(),
    /** What it is made of, in words. */
    from: z.string(),
    /** Why this mode was chosen. */
    reason: z.string(),
  }),
  z.strictObject({
    mode: z.literal('public'),
    /** "bento/debian-12". */
    name: z.string(),
    version: z.string(),
    /** Version of the Node binary that provisioning installs. */
    nodeVersion: z.string(),
    architecture: z.string(),
    from: z.string(),
    reason: z.string(),
  }),
]);
export type BoxRecord = z.infer<typeof boxRecordSchema>;

/**
 * Reads which box machines are made of.
 * @param folder of `box.json`.
 * @throws Error with the remedy when there is none.
 */
export function readBoxRecord(folder: string, remedy = 'Run nx run vagrant:vagrant-box.'): BoxRecord {
  return readRecord(join(folder, 'box.json'), boxRecordSchema, remedy);
}
