import { hidden, list, optionTable } from '@tare/options';
import { folder } from '../shared-options.ts';

export const options = optionTable(
  { title: 'A shell in the machine', description: 'Runs a command in the machine, or opens a shell there.' },
  {
    folder,
    __unparsed__: hidden(list({ description: 'The command.' })).meta({ $default: { $source: 'unparsed' } }),
  },
).loose();
