import { optionTable } from '@tare/options';
import { config, json } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Examine this host',
    description:
      'Says what this host offers to a measurement and what disturbs it, each with the command that mends it. Takes some five seconds and changes nothing. Fails when a run could not measure here.',
  },
  { config, json: json('Print a JSON array of {level, subject, finding, remedy} and nothing else.') },
);
