import { optionTable } from '@tare/options';
import { gateOptions } from '@tare/checks';
import { config, outputPath, prepareOptions } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Gate',
    description:
      'Measures this commit against another, interleaved on this host, and fails when it is slower. Exit codes by tare-gate: 0 pass, 1 regression, 2 undecided, 3 not measured; Nx itself ends with 1 for all but a pass.',
  },
  { config, ...gateOptions, outputPath: outputPath('gate/ and the journals in runs/'), ...prepareOptions },
);
