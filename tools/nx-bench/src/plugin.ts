import { dirname } from 'node:path';
import { createNodesFromFiles, type CreateNodes, type TargetConfiguration } from '@nx/devkit';

/** Options of the plugin in nx.json. */
export type BenchPluginOptions = {
  /** Projects with this tag are measured. */
  readonly workloadTag?: string;
  /** What is done with them before a run, as far as they have such targets: by default they are tested, built and baked. */
  readonly workloadTargets?: readonly string[];
  /** Projects with this tag are recipes of environments. */
  readonly environmentTag?: string;
  /** What is done with those before a run: by default a machine is brought up. */
  readonly environmentTargets?: readonly string[];
  readonly measureTargetName?: string;
  readonly reportTargetName?: string;
  readonly compareTargetName?: string;
};

const configFile = 'bench.config.ts';

/** Options that a run may be given for once; compare passes them on to measure. */
const forwarded = { params: 'forward' } as const;

/** Infers measure, report and compare for every project with a bench.config.ts. */
export const createNodes: CreateNodes<BenchPluginOptions> = [
  `**/${configFile}`,
  (files, options, context) =>
    createNodesFromFiles(
      (file) => ({ projects: { [dirname(file)]: { targets: benchTargets(file, options ?? {}) } } }),
      files,
      options,
      context,
    ),
];

/** @returns the targets of a project whose configuration is the given file. */
export function benchTargets(file: string, options: BenchPluginOptions): Record<string, TargetConfiguration> {
  const {
    workloadTag = 'workload',
    workloadTargets = ['test', 'build', 'docker-build'],
    environmentTag = 'type:environment',
    environmentTargets = ['vagrant-up'],
    measureTargetName: measure = 'measure',
    reportTargetName: report = 'report',
    compareTargetName: compare = 'compare',
  } = options;
  const before = [
    ...workloadTargets.map((target) => ({ target, projects: [`tag:${workloadTag}`] })),
    ...environmentTargets.map((target) => ({ target, projects: [`tag:${environmentTag}`] })),
  ];
  return {
    [measure]: {
      executor: '@tare/nx-bench:bench',
      options: { config: file },
      dependsOn: before,
      // measurements are never cached, and nothing may run beside them
      cache: false,
      parallelism: false,
      metadata: metadata(
        'Measures every workload in every environment that this host can run',
        'npx nx run bench:measure --help',
      ),
    },
    [report]: {
      executor: '@tare/nx-report:report',
      cache: false,
      metadata: metadata('Renders the last run again without measuring', `nx run ${report} --help`),
    },
    [compare]: {
      executor: '@tare/nx-report:report',
      dependsOn: [{ target: measure, ...forwarded }],
      cache: false,
      metadata: metadata('Tests, builds, bakes, measures and reports', `nx run ${compare} --help`),
    },
  };
}

function metadata(description: string, command: string): NonNullable<TargetConfiguration['metadata']> {
  return { technologies: ['tare'], description, help: { command, example: { options: { rounds: 12 } } } };
}
