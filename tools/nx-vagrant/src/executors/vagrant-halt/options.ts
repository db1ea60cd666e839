import { optionTable } from '@tare/options';
import { folder } from '../shared-options.ts';

export const options = optionTable(
  { title: 'Shut a machine down', description: 'Shuts the machine down.' },
  { folder },
);
