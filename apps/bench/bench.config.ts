import { namespace, native } from '@tare/environment';
import { defineBench } from '@tare/nx-bench';
import { docker } from '@tare/nx-docker';
import { vagrant } from '@tare/nx-vagrant';

const workspace = new URL('../../', import.meta.url);
const dist = new URL('dist/', workspace);

export default defineBench({
  workloads: [
    {
      name: 'primes',
      artifact: new URL('apps/primes/main.mjs', dist),
      healthPath: '/health',
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
    },
  ],
  environments: [
    native(),
    namespace(),
    docker({ images: new URL('docker/', dist) }),
    vagrant({ folder: new URL('environments/vagrant/', workspace), records: new URL('vagrant/', dist) }),
  ],
  baseline: 'native',
  rounds: { pilot: 6, max: 30 },
  budgetMinutes: 12,
  // a boot takes half a minute and more where the CPU is emulated; the other rounds restart the service in the machine
  coldBoots: 3,
  load: { connections: 8, warmupMs: 2000, durationMs: 3000 },
  resources: { cpus: 1, memoryMiB: 512 },
});
