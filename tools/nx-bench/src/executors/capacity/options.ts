import { optionTable } from '@tare/options';
import { capacityOptions } from '@tare/checks';
import { runFlags } from '@tare/runner';
import { config, outputPath, prepareOptions } from '../shared-options.ts';

const { environments, workloads, warmup, connections, n, seed } = runFlags;

export const options = optionTable(
  {
    title: 'Capacity',
    description:
      'Searches the highest arrival rate at which the workloads of a bench.config.ts meet a latency objective, in every environment that this host can run.',
  },
  {
    config,
    ...capacityOptions,
    environments,
    workloads,
    warmup,
    connections,
    n,
    seed,
    outputPath: outputPath(
      'latest/capacity.json, latest/capacity.md, latest/capacity/*.svg and the journals in runs/',
    ),
    ...prepareOptions,
  },
);
