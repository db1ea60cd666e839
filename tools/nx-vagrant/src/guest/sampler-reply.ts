import { z } from 'zod';

// as strings: they may pass 2^53
const whole = z
  .string()
  .regex(/^\d+$/, 'expected a whole number')
  .transform((text) => BigInt(text));

const replySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('clock'), atNs: whole }),
  z.strictObject({
    kind: z.literal('use'),
    atNs: whole,
    cpuNs: whole,
    memoryBytes: z.int().nonnegative(),
    writtenBytes: whole.optional(),
    diskWrites: z.strictObject({ count: whole, tookMs: whole }).optional(),
  }),
  z.strictObject({ kind: z.literal('idle'), atNs: whole }),
  z.strictObject({ kind: z.literal('ended') }),
]);

/** What the sampler in the guest says: `atNs` is the guest's monotonic clock. */
export type SamplerReply = z.infer<typeof replySchema>;

/**
 * Reads one line of the sampler.
 * @throws Error that shows the line when it is another text (a shell's complaint, a warning of perl).
 */
export function parseSamplerReply(line: string): SamplerReply {
  try {
    return replySchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`the sampler in the VM said "${line.slice(0, 120)}", which is not a reading`, { cause });
  }
}
