import { z } from 'zod';

/** What runs the machines: "libvirt" (QEMU) or "virtualbox". */
export const providerSchema = z.enum(['libvirt', 'virtualbox']);
export type Provider = z.infer<typeof providerSchema>;

/** How a box comes to be: built from Debian packages on this host, or a public one pinned by version. */
export const boxModeSchema = z.enum(['built', 'public']);
export type BoxMode = z.infer<typeof boxModeSchema>;

/**
 * What `probe.json` holds. With a provider only facts that stay the same from run to run, so that what depends on it can
 * be cached; without one a nonce, so that a skip is never taken from the cache for a build.
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
  z.strictObject({ provider: z.literal('none'), reason: z.string(), remedy: z.string(), nonce: z.string() }),
]);
export type ProbeRecord = z.infer<typeof probeRecordSchema>;
