import { requiredKinds } from '@tare/environment';
import type { ProbeRecord } from '../record/records.ts';

/** A probe that found no provider. */
export type NoProvider = Extract<ProbeRecord, { provider: 'none' }>;

/**
 * Says in one line why a step is skipped.
 * @returns whether that is all right: false when `TARE_REQUIRE` names vagrant.
 */
export function skipWithoutProvider(step: string, { reason, remedy }: NoProvider): boolean {
  const required = requiredKinds().has('vagrant');
  const line = required
    ? `${step} failed: TARE_REQUIRE names vagrant, and there is ${reason}. ${remedy}\n`
    : `${step} skipped: ${reason}. ${remedy}\n`;
  (required ? process.stderr : process.stdout).write(line);
  return !required;
}
