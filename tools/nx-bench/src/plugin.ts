import { dirname } from 'node:path';
import { createNodesFromFiles, type CreateNodes, type TargetConfiguration } from '@nx/devkit';
import { about, aText, readPluginOptions, texts } from '@tare/nx-kit/plugin';

const name = '@tare/nx-bench';

/** Options of the plugin in nx.json. */
export type BenchPluginOptions = {
  /** Projects with this tag are measured. */
  readonly workloadTag?: string;
  /** Their targets that run before a measurement, if they have them; by default test and build. */
  readonly workloadTargets?: readonly string[];
  /** Projects with this tag are recipes of environments. */
  readonly environmentTag?: string;
  /** Further targets of workloads and recipes that `prepare` runs, such as those that make an image; by default none. */
  readonly environmentTargets?: readonly string[];
  readonly prepareTargetName?: string;
  readonly measureTargetName?: string;
  readonly reportTargetName?: string;
  readonly compareTargetName?: string;
  readonly gateTargetName?: string;
};

const optionKinds = {
  workloadTag: aText(),
  workloadTargets: texts(),
  environmentTag: aText(),
  environmentTargets: texts(),
  prepareTargetName: aText(),
  measureTargetName: aText(),
  reportTargetName: aText(),
  compareTargetName: aText(),
  gateTargetName: aText(),
};

const configFile = 'bench.config.ts';

/** Infers the targets of every project with a bench.config.ts. */
export const createNodes: CreateNodes<BenchPluginOptions> = [
  `**/${configFile}`,
  (files, given, context) => {
    const options = readPluginOptions(name, optionKinds, given);
    return createNodesFromFiles(
      (file) => ({ projects: { [dirname(file)]: { targets: benchTargets(file, options) } } }),
      files,
      given,
      context,
    );
  },
];

/** @returns the targets of a project whose configuration is the given file. */
export function benchTargets(file: string, options: BenchPluginOptions): Record<string, TargetConfiguration> {
  const {
    workloadTag = 'workload',
    workloadTargets = ['test', 'build'],
    environmentTag = 'type:environment',
    environmentTargets = [],
    prepareTargetName: prepare = 'prepare',
    measureTargetName: measure = 'measure',
    reportTargetName: report = 'report',
    compareTargetName: compare = 'compare',
    gateTargetName: gate = 'gate',
  } = options;
  // what a run asks for is known to its options and not to the graph: the executors run the targets that it takes
  const config = { config: file, workloadTag, workloadTargets: [...workloadTargets] };
  const ofWorkloads = [...workloadTargets, ...environmentTargets];
  return {
    [prepare]: {
      executor: 'nx:noop',
      dependsOn: [
        ...ofWorkloads.map((target) => ({ target, projects: [`tag:${workloadTag}`] })),
        ...environmentTargets.map((target) => ({ target, projects: [`tag:${environmentTag}`] })),
      ],
      cache: false,
      metadata: about(
        'tare',
        'Makes ready all that can be measured; a run makes ready by itself what it measures',
        `nx run ${prepare} --graph`,
      ),
    },
    [measure]: {
      executor: '@tare/nx-bench:bench',
      options: config,
      // measurements are never cached, and nothing may run beside them
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Measures every workload in every environment that this host can run',
        'npx nx run bench:measure --help',
        { rounds: 12 },
      ),
    },
    [report]: {
      executor: '@tare/nx-report:report',
      cache: false,
      metadata: about('tare', 'Renders the last run again without measuring', `nx run ${report} --help`),
    },
    [compare]: {
      executor: '@tare/nx-bench:compare',
      options: { measureTarget: measure, reportTarget: report },
      cache: false,
      parallelism: false,
      metadata: about('tare', 'Tests, builds, bakes, measures and reports', `nx run ${compare} --help`, {
        rounds: 12,
      }),
    },
    // workloads whose bytes are the same on both sides are not measured: `nx affected -t gate` costs what a change touches
    [gate]: {
      executor: '@tare/nx-bench:gate',
      options: { ...config, workloadTargets: workloadTargets.filter((target) => target !== 'test') },
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Measures this commit against another and fails when it is slower',
        `nx run ${gate} --help`,
        {
          base: 'main',
        },
      ),
    },
    capacity: {
      executor: '@tare/nx-bench:capacity',
      options: config,
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Latency against offered load, up to the rate that still meets a goal',
        'nx run capacity --help',
        {
          slo: 'p99<=50ms',
        },
      ),
    },
    doctor: {
      executor: '@tare/nx-bench:doctor',
      options: { config: file },
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Says what this host offers, what disturbs it, and what mends it',
        'nx run doctor --help',
      ),
    },
    calibrate: {
      executor: '@tare/nx-bench:calibrate',
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Checks the meters against known truths on this host',
        'nx run calibrate --help',
        {
          minutes: 15,
        },
      ),
    },
    trend: {
      executor: '@tare/nx-report:trend',
      cache: false,
      metadata: about('tare', 'Draws the history of runs and marks where it changed', 'nx run trend --help'),
    },
  };
}
