import { existsSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { CreateDependencies, CreateNodes, DependencyType, TargetConfiguration } from '@nx/devkit';
import {
  about,
  aText,
  projectName,
  projectsNamedIn,
  readBench,
  readPluginOptions,
  texts,
} from '@tare/nx-kit/plugin';
import { projectOf } from './projects.ts';

const name = '@tare/nx-bench';

// not from the enum: an import of Nx at run time takes a quarter of a second in every command without the daemon
const staticDependency = 'static' as DependencyType.static;

/** Options of the plugin in nx.json. */
type BenchPluginOptions = {
  /** Targets of the measured projects that run before a measurement, if they have them; by default test and build. */
  readonly workloadTargets?: readonly string[];
  /** Further targets that `prepare` runs in all that a bench depends on, such as those that make an image; by default none. */
  readonly environmentTargets?: readonly string[];
} & { readonly [Name in keyof typeof targetNames]?: string };

/** The options that name the targets, and what they are called by default. */
const targetNames = {
  prepareTargetName: 'prepare',
  measureTargetName: 'measure',
  reportTargetName: 'report',
  compareTargetName: 'compare',
  gateTargetName: 'gate',
  capacityTargetName: 'capacity',
  doctorTargetName: 'doctor',
  calibrateTargetName: 'calibrate',
  trendTargetName: 'trend',
  runsTargetName: 'runs',
};

const optionKinds = {
  workloadTargets: texts(),
  environmentTargets: texts(),
  ...(Object.fromEntries(Object.keys(targetNames).map((option) => [option, aText()])) as {
    readonly [Name in keyof typeof targetNames]: ReturnType<typeof aText>;
  }),
};

const configFile = 'bench.config.ts';

/** A first look in a minute or two: the fewest rounds that a verdict can be drawn from, each of them short. */
const quick = {
  rounds: 6,
  control: false,
  retries: 0,
  warmup: 1,
  duration: 1,
  openDuration: 1,
  starts: 1,
  coldBoots: 1,
};

/**
 * Every environment that the host has, from the least isolation to the most, in some ten minutes: what decides startup and memory
 * (many starts, short windows), and of an emulated machine what it takes to show it.
 */
const ladder = {
  environments: 'all',
  rounds: 6,
  retries: 0,
  warmup: 1,
  duration: 1,
  openDuration: 1,
  starts: 2,
  coldBoots: 6,
  emulatedRounds: 1,
};

/** Infers the targets of every project with a bench.config.ts. */
export const createNodes: CreateNodes<BenchPluginOptions> = [
  `**/${configFile}`,
  (files, given, context) => {
    const options = readPluginOptions(name, optionKinds, given);
    return files.map((file) => {
      const root = dirname(file);
      const named = readBench(file, context.workspaceRoot).flatMap(({ text }) => projectsNamedIn(text));
      const targets = benchTargets(file, options, {
        project: projectName(root, context.workspaceRoot) ?? basename(root),
        named: [...new Set(named)],
      });
      return [file, { projects: { [root]: { targets } } }] as const;
    });
  },
];

/**
 * Makes a bench depend on the projects that it measures: those that its bench.config.ts names, and those that files it
 * refers to are part of or are built by. So `nx affected -t gate` and `nx graph` are right.
 */
export const createDependencies: CreateDependencies<BenchPluginOptions> = (_, context) => {
  const { projects, workspaceRoot } = context;
  const benches = Object.entries(projects).filter(([, { root }]) =>
    existsSync(join(workspaceRoot, root, configFile)),
  );
  return benches.flatMap(([source, { root }]) =>
    readBench(posix.join(root, configFile), workspaceRoot).flatMap(({ file, text }) =>
      [
        ...projectsNamedIn(text),
        ...pathsNamedIn(file, text).flatMap((path) => projectOf(path, projects) ?? []),
      ]
        .filter((target, place, all) => target !== source && all.indexOf(target) === place)
        .filter((target) => projects[target] !== undefined)
        .map((target) => ({ type: staticDependency, source, target, sourceFile: file })),
    ),
  );
};

/** What `new URL('../dist/apps/api/main.mjs', import.meta.url)` names, from the workspace's root. */
function pathsNamedIn(file: string, text: string): readonly string[] {
  const urls = text.matchAll(/\bnew URL\(\s*(['"`])(\.[^'"`$\n]*)\1\s*,\s*import\.meta\.url/g);
  return [...urls].map(([, , to = '']) => posix.join(dirname(file), to));
}

/**
 * @returns the targets of a project whose configuration is the given file.
 * @param project its name.
 * @param named the projects that it measures, as far as its text tells.
 */
export function benchTargets(
  file: string,
  options: BenchPluginOptions,
  { project, named }: { readonly project: string; readonly named: readonly string[] },
): Record<string, TargetConfiguration> {
  const { workloadTargets = ['test', 'build'], environmentTargets = [] } = options;
  const {
    prepareTargetName: prepare,
    measureTargetName: measure,
    reportTargetName: report,
    compareTargetName: compare,
    gateTargetName: gate,
    capacityTargetName: capacity,
    doctorTargetName: doctor,
    calibrateTargetName: calibrate,
    trendTargetName: trend,
    runsTargetName: runs,
  } = { ...targetNames, ...options };
  // what a run asks for is known to its options and not to the graph: the executors run the targets that it takes
  const config = { config: file, workloadTargets: [...workloadTargets] };
  const help = (target: string): string => `npx nx run ${project}:${target} --help`;
  return {
    [prepare]: {
      executor: 'nx:noop',
      dependsOn: [
        ...(named.length === 0 ? [] : workloadTargets.map((target) => ({ target, projects: [...named] }))),
        ...environmentTargets.map((target) => ({ target, dependencies: true })),
      ],
      cache: false,
      metadata: about(
        'tare',
        'Makes ready all that can be measured; a run makes ready by itself what it measures',
        `npx nx run ${project}:${prepare} --graph`,
      ),
    },
    [measure]: {
      executor: '@tare/nx-bench:bench',
      options: config,
      configurations: { quick, ladder },
      // measurements are never cached, and nothing may run beside them
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Measures every workload in every environment that this host can run',
        help(measure),
        { rounds: 12 },
      ),
    },
    [report]: {
      executor: '@tare/nx-report:report',
      cache: false,
      metadata: about('tare', 'Renders the last run again without measuring', help(report)),
    },
    [compare]: {
      executor: '@tare/nx-bench:compare',
      options: { measureTarget: measure, reportTarget: report },
      // its options are those of the target that measures
      configurations: { quick: {}, ladder: {} },
      cache: false,
      parallelism: false,
      metadata: about('tare', 'Tests, builds, bakes, measures and reports', help(compare), {
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
        help(gate),
        {
          base: 'main',
        },
      ),
    },
    [capacity]: {
      executor: '@tare/nx-bench:capacity',
      options: config,
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Latency against offered load, up to the rate that still meets a goal',
        help(capacity),
        {
          slo: 'p99<=50ms',
        },
      ),
    },
    [doctor]: {
      executor: '@tare/nx-bench:doctor',
      options: { config: file },
      cache: false,
      parallelism: false,
      metadata: about(
        'tare',
        'Says what this host offers, what disturbs it, and how to fix it',
        help(doctor),
      ),
    },
    [calibrate]: {
      executor: '@tare/nx-bench:calibrate',
      cache: false,
      parallelism: false,
      metadata: about('tare', 'Checks the meters against known truths on this host', help(calibrate), {
        minutes: 15,
      }),
    },
    [trend]: {
      executor: '@tare/nx-report:trend',
      cache: false,
      metadata: about('tare', 'Draws the history of runs and marks where it changed', help(trend)),
    },
    [runs]: {
      executor: '@tare/nx-bench:runs',
      cache: false,
      metadata: about('tare', 'Lists the runs that were begun, and removes old ones', help(runs)),
    },
  };
}
