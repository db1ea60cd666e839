import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { executor, readRecord } from '@tare/nx-kit';
import { forgetBox } from '../../box.ts';
import { existingMachines } from '../../machine/machine-place.ts';
import { boxRecordSchema } from '../../records.ts';
import { createVagrant } from '../../vagrant-client.ts';
import { tables } from '../../options.ts';
import { endRelay } from '../../services/relay.ts';

const vagrantDestroy = executor(tables['vagrant-destroy'], async (options, { root }, signal) => {
  const folder = join(root, options.folder);
  const machines = await existingMachines(folder, signal);
  if (machines.length === 0) process.stdout.write('vagrant-destroy: there is no machine\n');
  for (const { place, vagrant } of machines) {
    await endRelay(place);
    await vagrant.destroy({ signal });
  }
  const file = join(root, options.box, 'box.json');
  if (!options.forgetBox || !existsSync(file)) return true;
  const { name } = readRecord(file, boxRecordSchema, 'Run the target vagrant-box.');
  const vagrant = createVagrant({ folder, variables: {} });
  for (const line of await forgetBox(vagrant, name, signal)) process.stdout.write(`removed ${line}\n`);
  return true;
});

export default vagrantDestroy;
