import type { Environment } from '@tare/environment';

/** @returns the name of the second copy of a baseline. */
export function twinName(baseline: string): string {
  return `${baseline}:twin`;
}

/**
 * The same environment under another name: measured in every round like the others, it must come out the same as the
 * original. What the two share is reaped and disposed of once, by the original.
 */
export function twinOf(environment: Environment): Environment {
  return {
    ...environment,
    name: twinName(environment.name),
    reap: () => Promise.resolve([]),
    dispose: () => Promise.resolve(),
  };
}
