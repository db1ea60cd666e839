import { hidden, list, optionTable } from '@tare/options';
import { folder } from '../shared-options.ts';

const about = {
  title: 'A shell in the machine',
  description: 'Runs a command in the machine, or opens a shell there.',
};
const command = hidden(list({ description: 'The command.' }));

// the words after -- may look like options
export const options = optionTable(about, {
  folder,
  __unparsed__: command.meta({ ...command.meta(), $default: { $source: 'unparsed' } }).default([]),
})
  .loose()
  .meta(about);
