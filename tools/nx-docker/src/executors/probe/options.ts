import { optionTable, path } from '@tare/options';
import { socket } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Probe',
    description: 'Writes down which Docker engine the host has, or why it has none.',
  },
  {
    out: path({ description: 'File to write, from the workspace root.' }).default('dist/docker/probe.json'),
    socket,
  },
);
