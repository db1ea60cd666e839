import { optionTable, path } from '@tare/options';

export const options = optionTable(
  {
    title: 'Probe',
    description: 'Writes down which provider of Vagrant the host has, or why it has none.',
  },
  {
    out: path({ description: 'File to write, from the workspace root.' }).default('dist/vagrant/probe.json'),
  },
);
