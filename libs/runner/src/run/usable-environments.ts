import { requiredKinds, type Availability, type Environment, type Facts } from '@tare/environment';
import { plainText } from '@tare/metrics';
import type { EnvironmentResult } from '@tare/results';
import type { Listener } from '../progress/run-event.ts';

export type Usable = { readonly environment: Environment; readonly facts: Facts };
export type Unusable = Exclude<EnvironmentResult, { status: 'measured' }>;

/**
 * Asks every environment whether this host can run it, and lets the usable ones remove what killed runs left.
 * @throws Error when one that `TARE_REQUIRE` names is not usable.
 */
export async function findUsable(
  environments: readonly Environment[],
  listener: Listener,
  signal: AbortSignal,
): Promise<{ readonly usable: readonly Usable[]; readonly unusable: readonly Unusable[] }> {
  const usable: Usable[] = [];
  const unusable: Unusable[] = [];
  const required = requiredKinds();
  for (const environment of environments) {
    signal.throwIfAborted();
    const { name, kind } = environment;
    const availability = plainAvailability(await environment.probe(signal));
    // a probe that was cut off found nothing out
    signal.throwIfAborted();
    listener({ kind: 'probed', environment: name, availability });
    if (availability.usable) {
      usable.push({ environment, facts: availability.facts });
      for (const what of await environment.reap(undefined, signal))
        listener({ kind: 'reaped', what: plainText(what) });
      continue;
    }
    const { reason, remedy } = availability;
    if (required.has(kind)) {
      throw new Error(
        `TARE_REQUIRE names ${kind}, but ${name} is not usable here: ${reason}. Remedy: ${remedy}`,
      );
    }
    unusable.push({ name, kind, facts: {}, status: 'unavailable', reason, remedy });
  }
  return { usable, unusable };
}

/** A reason tells what other programs have said. */
function plainAvailability(found: Availability): Availability {
  return found.usable ? found : { ...found, reason: plainText(found.reason) };
}
