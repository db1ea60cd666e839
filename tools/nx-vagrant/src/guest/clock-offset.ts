/** One question to the guest's clock: host nanoseconds before and after, the guest's between. */
export type ClockExchange = {
  readonly sentNs: bigint;
  readonly guestNs: bigint;
  readonly receivedNs: bigint;
};

/** How to read a clock of the guest as the host's: host = guest + `offsetNs`, right to ± `errorNs`. */
export type ClockOffset = { readonly offsetNs: bigint; readonly errorNs: bigint };

/**
 * The offset between two monotonic clocks, from the exchange with the shortest round trip; the guest's reading is taken to
 * lie in its middle, and half the round trip bounds the error (F. Cristian, Probabilistic clock synchronization,
 * Distributed Computing 3, 1989, section 3).
 * @throws Error without an exchange.
 */
export function clockOffset(exchanges: readonly ClockExchange[]): ClockOffset {
  const [best] = [...exchanges].sort((a, b) => Number(roundTrip(a) - roundTrip(b)));
  if (best === undefined) throw new Error('the clock of the VM was not asked');
  const errorNs = (roundTrip(best) + 1n) / 2n;
  return { offsetNs: best.sentNs + roundTrip(best) / 2n - best.guestNs, errorNs };
}

/**
 * The host's time of a guest's reading. It cannot lie outside of the exchange that brought it: this also corrects a
 * guest's clock that drifts.
 */
export function toHostNs({ sentNs, guestNs, receivedNs }: ClockExchange, { offsetNs }: ClockOffset): bigint {
  const atNs = guestNs + offsetNs;
  if (atNs < sentNs) return sentNs;
  return atNs > receivedNs ? receivedNs : atNs;
}

function roundTrip({ sentNs, receivedNs }: ClockExchange): bigint {
  return receivedNs - sentNs;
}
