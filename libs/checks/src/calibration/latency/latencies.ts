import type { LoadOutcome } from '@tare/metrics';

/** Mean, quantiles and maximum in milliseconds, as the load generator reports them: p90 is there too. */
export type Latencies = LoadOutcome['latencyMs'];

/** The same figures from two sides: the load generator, and the server's own record. */
export type Compared = { readonly reported: Latencies; readonly truth: Latencies };
