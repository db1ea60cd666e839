import { requiredKinds } from '@tare/environment';
import type { ProbeRecord } from '../record/probe-record.ts';

/** A probe that found no engine. */
export type NoEngine = Extract<ProbeRecord, { engine: 'none' }>;

/**
 * Says in one line why a step is skipped.
 * @returns whether that is all right: false when `TARE_REQUIRE` names docker.
 */
export function skipWithoutEngine(step: string, { reason, remedy }: NoEngine): boolean {
  const required = requiredKinds().has('docker');
  const line = required
    ? `${step} failed: TARE_REQUIRE names docker, and there is ${reason}. ${remedy}\n`
    : `${step} skipped: ${reason}. ${remedy}\n`;
  (required ? process.stderr : process.stdout).write(line);
  return !required;
}
