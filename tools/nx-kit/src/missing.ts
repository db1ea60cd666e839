import { rmSync } from 'node:fs';
import { requiredKinds } from '@tare/environment';
import { z } from 'zod';

/** Why the host cannot run a kind of environment, and what to do. */
export type Missing = { readonly reason: string; readonly remedy: string };

/** What a probe writes down then: the nonce keeps a skip from being taken from the cache for a build. */
export const missingShape = { reason: z.string(), remedy: z.string(), nonce: z.string() };

/**
 * Says in one line why a step is skipped.
 * @param outputs folder of what the step makes. It is removed: files of an earlier run would enter the cache as the result of
 *   this skip.
 * @returns whether the skip is allowed: false when `TARE_REQUIRE` names the kind.
 */
export function skipWithout(
  kind: string,
  step: string,
  { reason, remedy }: Missing,
  outputs?: string,
): boolean {
  if (outputs !== undefined) rmSync(outputs, { recursive: true, force: true });
  const required = requiredKinds().has(kind);
  const line = required
    ? `${step} failed: TARE_REQUIRE names ${kind}, and there is ${reason}. ${remedy}\n`
    : `${step} skipped: ${reason}. ${remedy}\n`;
  (required ? process.stderr : process.stdout).write(line);
  return !required;
}

/**
 * Says in one line what a probe did not find.
 * @returns whether the host may do without: false when `TARE_REQUIRE` names the kind.
 */
export function tellMissing(kind: string, step: string, missing: Missing): boolean {
  if (requiredKinds().has(kind)) return skipWithout(kind, step, missing);
  process.stdout.write(`${missing.reason}\n`);
  return true;
}
