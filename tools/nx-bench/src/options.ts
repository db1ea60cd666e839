import { calibrationParts, capacityOptions, gateOptions } from '@tare/checks';
import { hidden, list, number, optionTable, path, text, toggle, whole } from '@tare/options';
import { reportFlags } from '@tare/report';
import { runFlags } from '@tare/runner';
import { z } from 'zod';

/** The configuration whose run, search, gate or host it is. */
const config = path({ description: 'Path of the bench.config.ts, from the workspace root.' });

/** The folder `reports`, and what an executor writes into it. */
const outputPath = (holds: string, more = '') =>
  path({ description: `Folder for ${holds}, from the workspace root${more}.` }).default('reports');

/** JSON for programs in place of text for people. */
const json = (description: string) => toggle({ description }).default(false);

/** What is done with the workloads before they are measured. Set by the plugin; without it nothing is prepared. */
const prepareOptions = {
  workloadTargets: hidden(
    list({ description: 'Targets of the project of a workload that are run before it is measured.' }),
  ).optional(),
};

/** Options of the target that measures, beside its configuration; `compare` takes them too. */
const measureOptions = {
  ...runFlags,
  resume: z
    .union([
      toggle({ description: 'Whether to go on with the newest run that did not end.' }),
      text({ description: 'Id of the run to go on with.' }),
    ])
    .meta({
      description:
        'Continue an interrupted run with its options, seed, order and plan, on the same host and the same bytes. No finished trial is measured again. Without an id: the newest run that did not end.',
      otherwise: 'a new run',
    })
    .optional(),
  outputPath: outputPath(
    'latest/, history/ and the journals in runs/',
    '; {projectName} stands for the name of the project',
  ),
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

/** The options of each executor of this plugin. */
export const tables = {
  bench: optionTable(
    {
      title: 'Measure',
      description:
        'Measures the workloads of a bench.config.ts in every environment that this host can run, in randomised rounds. bench.config.ts takes precedence over the defaults.',
    },
    { config, ...measureOptions, ...prepareOptions },
  ),

  compare: optionTable(
    {
      title: 'Compare',
      description: 'Prepares, measures and reports: the options of measure, and some of report.',
    },
    {
      ...measureOptions,
      // what is not given is as the target says that it is passed on to
      outputPath: measureOptions.outputPath.unwrap().optional(),
      watch: measureOptions.watch.unwrap().optional(),
      ...reportFlags,
      png: reportFlags.png.unwrap().optional(),
      measureTarget: hidden(text({ description: 'Target of this project that measures.' })).default(
        'measure',
      ),
      reportTarget: hidden(text({ description: 'Target of this project that reports.' })).default('report'),
    },
  ),

  gate: optionTable(
    {
      title: 'Gate',
      description:
        'Measures this commit against another, interleaved on this host, and fails when it is slower. Exit codes by tare-gate: 0 pass, 1 regression, 2 undecided, 3 not measured; Nx itself ends with 1 for all but a pass.',
    },
    {
      config,
      ...gateOptions,
      outputPath: outputPath('gate/<project>/ and the journals in runs/'),
      ...prepareOptions,
    },
  ),

  capacity: optionTable(
    {
      title: 'Capacity',
      description:
        'Searches the highest arrival rate at which the workloads of a bench.config.ts meet a latency objective, in every environment that this host can run.',
    },
    {
      config,
      ...capacityOptions,
      environments: runFlags.environments,
      workloads: runFlags.workloads,
      allowRemote: runFlags.allowRemote,
      warmup: runFlags.warmup,
      connections: runFlags.connections,
      n: runFlags.n,
      seed: runFlags.seed,
      outputPath: outputPath(
        'latest/capacity.json, latest/capacity.md, latest/capacity/*.svg and the journals in runs/',
      ),
      ...prepareOptions,
    },
  ),

  runs: optionTable(
    {
      title: 'Runs',
      description:
        'Lists the runs that have a journal here, with state, age, rounds, trials and size. --prune removes finished runs except the newest; it never removes one that is running or can be resumed.',
    },
    {
      prune: toggle({ description: 'Remove the finished runs but the newest.' }).default(false),
      keep: whole({ min: 0, description: 'How many finished runs stay when others are removed.' }).default(
        10,
      ),
      outputPath: outputPath('the journals in runs/'),
      json: json('Print a JSON array and nothing else.'),
    },
  ),

  doctor: optionTable(
    {
      title: 'Examine this host',
      description:
        'Says what this host offers to a measurement and what disturbs it, each with the command that fixes it. Takes some five seconds and changes nothing. Fails if a run could not measure here.',
    },
    { config, json: json('Print a JSON array of {level, subject, finding, remedy} and nothing else.') },
  ),

  calibrate: optionTable(
    {
      title: 'Calibrate',
      description:
        'Checks load generator, meters, startup timing and verdicts of this host against truths that are known beforehand, and writes calibration/<host>.json and calibration.md. Fails when a check of latency, cpu, memory, startup or aa fails.',
    },
    {
      minutes: number({
        min: 0.01,
        max: 24 * 60,
        unit: 'minutes',
        description:
          'How long it may take in all. Checks against known truths and simulations take about two minutes; real comparisons get the rest, about 40 seconds each.',
      }).default(15),
      only: text({
        what: `some of ${calibrationParts.join(', ')}`,
        description:
          'Parts to make, separated by commas: latency, cpu, memory, startup, aa (comparisons of equals), ab (comparisons with what is slower), power (how many minutes a run takes here until it decides).',
        otherwise: 'all but power',
      }).optional(),
      seed: whole({
        min: 0,
        // three seeds are made of each, and of the next ones
        max: 2 ** 31,
        description:
          'Seed of the simulations and of the orders of the real rounds. The same seed gives the same simulations.',
      }).default(1),
      outputPath: outputPath('calibration/ and the journals in runs/'),
      json: json('Print the calibration as JSON; progress then goes to stderr.'),
    },
  ),
};
