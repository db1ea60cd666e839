import { namespace, native } from '@tare/environment';
import { defineBench } from '@tare/nx-bench';
import { docker } from '@tare/nx-docker';
import { vagrant } from '@tare/nx-vagrant';
import { gallery } from './workloads/gallery.ts';
import { primes } from './workloads/primes.ts';

const workspace = new URL('../../', import.meta.url);
const dist = new URL('dist/', workspace);

export default defineBench({
  workloads: {
    primes: primes(new URL('apps/primes/main.mjs', dist)),
    ...gallery(new URL('apps/gallery/main.mjs', dist)),
  },
  environments: [
    native(),
    namespace(),
    docker({ images: new URL('docker/', dist) }),
    vagrant({ folder: new URL('environments/vagrant/', workspace), records: new URL('vagrant/', dist) }),
  ],
  baseline: 'native',
  // the fewer rounds there can be, the sooner a look may decide: nearly all is decided with eight, in some six minutes
  rounds: { looks: [6, 7, 8], max: 8 },
  budgetMinutes: 15,
  // a boot takes half a minute and more where the CPU is emulated; the other rounds restart the service in the machine
  coldBoots: 3,
  load: { connections: 8 },
  resources: { cpus: 1, memoryMiB: 512 },
});
