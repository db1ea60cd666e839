import { join } from 'node:path';
import { executor } from '@tare/nx-kit';
import { existingMachines } from '../../machine/machine-place.ts';
import { tables } from '../../options.ts';

const vagrantHalt = executor(tables['vagrant-halt'], async ({ folder }, { root }, signal) => {
  const [machine] = await existingMachines(join(root, folder), signal);
  if (machine?.state !== 'running') {
    process.stdout.write(`vagrant-halt: no machine runs (${machine?.state ?? 'not_created'})\n`);
    return true;
  }
  await machine.vagrant.halt({ force: true, signal });
  return true;
});

export default vagrantHalt;
