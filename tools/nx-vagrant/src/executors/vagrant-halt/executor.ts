import { join } from 'node:path';
import { executor } from '@tare/nx-kit';
import { existingMachines } from '../../machine/machine-place.ts';
import { tables } from '../../options.ts';
import { endRelay } from '../../services/relay.ts';

const vagrantHalt = executor(tables['vagrant-halt'], async ({ folder }, { root }, signal) => {
  const [machine] = await existingMachines(join(root, folder), signal);
  if (machine?.state !== 'running') {
    process.stdout.write(`vagrant-halt: no machine runs (${machine?.state ?? 'not_created'})\n`);
    return true;
  }
  await endRelay(machine.place);
  await machine.vagrant.halt({ force: true, signal });
  return true;
});

export default vagrantHalt;
