import { join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import type { OptionsOf } from '@tare/options';
import { abortOnSignals, reportFailure } from '@tare/recipe';
import { existingMachine } from '../../machine/machine-place.ts';
import type { tables } from '../../options.ts';

type Options = OptionsOf<typeof tables['vagrant-halt']>;

const vagrantHalt: PromiseExecutor<Options> = ({ folder }, { root }) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const machine = await existingMachine(join(root, folder), signal);
      if (machine?.state !== 'running') {
        process.stdout.write(`vagrant-halt: no machine runs (${machine?.state ?? 'not_created'})\n`);
        return true;
      }
      await machine.vagrant.halt({ force: true, signal });
      return true;
    }),
  );

export default vagrantHalt;
