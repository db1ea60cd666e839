import { optionTable, toggle, whole } from '@tare/options';
import { runFlags } from '@tare/runner';
import { config, outputPath, prepareOptions } from '../shared-options.ts';

/** Options of the target that measures, beside its configuration; `compare` takes them too. */
export const measureOptions = {
  ...runFlags,
  outputPath: outputPath('latest/, history/ and the journals in runs/'),
  watch: toggle({
    description:
      'Serve the report of the whole rounds so far on 127.0.0.1; it refreshes itself. An open browser takes CPU: publish no figures of such a run.',
  }).default(false),
  watchPort: whole({
    min: 0,
    max: 65_535,
    description: 'Port of that page.',
    otherwise: 'a free one',
  }).optional(),
};

export const options = optionTable(
  {
    title: 'Measure',
    description:
      'Measures the workloads of a bench.config.ts in every environment that this host can run, in randomised rounds. What bench.config.ts says goes before the defaults.',
  },
  { config, ...measureOptions, ...prepareOptions },
);
