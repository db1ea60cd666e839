import { project, type AskedApp } from '@tare/nx-bench';

/** The count of primes, by a service that is bound by its CPU. */
export function primes(): AskedApp {
  return project('primes', {
    health: '/health',
    // At n = 30,000,000 a request costs about 5 ms of CPU natively, far more than HTTP does (0.02 ms): the workload
    // is bound by the CPU. At the predecessor's n = 300,000 a good sieve takes 0.1 ms, and HTTP is what one measures.
    parameters: { n: 30_000_000 },
    request: ({ n }) => ({ path: `/primecount?n=${n}` }),
    conformance: [
      { request: { path: '/health' }, status: 200, json: { status: 'ok' } },
      { request: { path: '/primecount' }, status: 200, json: { n: 300_000, primes: 25_997 } },
      {
        request: { path: '/primecount?n=30000000' },
        status: 200,
        json: { n: 30_000_000, primes: 1_857_859 },
      },
      { request: { path: '/primecount?n=1e3' }, status: 400 },
    ],
  });
}
