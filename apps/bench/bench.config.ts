import { bubblewrap, namespace, native, nspawn } from '@tare/environment';
import { defineBench } from '@tare/nx-bench';
import { docker, podman } from '@tare/nx-docker';
import { vagrant } from '@tare/nx-vagrant';
import { gallery } from './workloads/gallery.ts';
import { primes } from './workloads/primes.ts';

const dist = new URL('../../dist/', import.meta.url);
const images = new URL('docker/', dist);

export default defineBench({
  workloads: {
    primes: primes(),
    ...gallery(),
  },
  environments: [
    native(),
    namespace(),
    docker({ images }),
    vagrant({
      folder: new URL('../../environments/vagrant/', import.meta.url),
      records: new URL('vagrant/', dist),
    }),
  ],
  // measured beside the others with -c ladder
  ladder: [
    bubblewrap(),
    nspawn(),
    docker({ images, network: 'host' }),
    docker({ images, network: 'published' }),
    docker({ images, runtime: 'runsc' }),
    podman({ images }),
    podman({ images, rootless: true }),
  ],
  baseline: 'native',
  // the fewer rounds there can be, the sooner a look may decide: a calm host needs six to eight, a noisy one twice as many
  rounds: { looks: [6, 7, 8, 10, 12, 14, 16], max: 16, calm: 8 },
  budgetMinutes: 15,
  // a boot takes half a minute and more where the CPU is emulated; the other rounds restart the service in the machine
  coldBoots: 3,
  load: { connections: 8 },
  resources: { cpus: 1, memoryMiB: 512 },
});
