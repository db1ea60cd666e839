import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { type OptionsOf, readOptions } from '@tare/options';
import { abortOnSignals, readRecord, reportFailure } from '@tare/recipe';
import { forgetBox } from '../../box.ts';
import { existingMachine } from '../../machine/machine-place.ts';
import { boxRecordSchema } from '../../records.ts';
import { createVagrant } from '../../vagrant-client.ts';
import { tables } from '../../options.ts';

type Options = OptionsOf<typeof tables['vagrant-destroy']>;

const vagrantDestroy: PromiseExecutor<Options> = (given, { root }) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const options = readOptions(tables['vagrant-destroy'], given);
      const folder = join(root, options.folder);
      const machine = await existingMachine(folder, signal);
      if (machine === undefined) process.stdout.write('vagrant-destroy: there is no machine\n');
      else await machine.vagrant.destroy({ signal });
      const file = join(root, options.box, 'box.json');
      if (!options.forgetBox || !existsSync(file)) return true;
      const { name } = readRecord(file, boxRecordSchema, 'Run the target vagrant-box.');
      const vagrant = createVagrant({ folder, variables: {} });
      for (const line of await forgetBox(vagrant, name, signal)) process.stdout.write(`removed ${line}\n`);
      return true;
    }),
  );

export default vagrantDestroy;
