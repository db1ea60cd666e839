import { z } from 'zod';

/** How a base is made: from Debian packages on this host, or from an image of a registry. */
export const baseModeSchema = z.enum(['rootfs', 'registry']);
export type BaseMode = z.infer<typeof baseModeSchema>;

/**
 * What `probe.json` holds. With an engine only facts that stay the same from run to run, so that what depends on it can
 * be cached; without one a nonce, so that a skip is never taken from the cache for a build.
 */
export const probeRecordSchema = z.discriminatedUnion('engine', [
  z.strictObject({ engine: z.literal('docker'), architecture: z.string(), base: baseModeSchema }),
  z.strictObject({ engine: z.literal('none'), reason: z.string(), remedy: z.string(), nonce: z.string() }),
]);
export type ProbeRecord = z.infer<typeof probeRecordSchema>;
