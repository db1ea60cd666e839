import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ExecutorContext } from '@nx/devkit';
import type { AppSource, Environment } from '@tare/environment';
import { callerNode } from '@tare/environment/caller-node';
import { runProgram } from '@tare/metrics';
import { appOf } from '@tare/runner';
import { projectOf, requireProject } from './projects.ts';

/** Options of the executors that prepare what they measure; set by the plugin, without which nothing is prepared. */
export type PrepareOptions = {
  /** What is done with the project of a workload before it is measured. */
  readonly workloadTargets?: readonly string[] | undefined;
};

/** What is to be measured. */
type Wanted = {
  readonly workloads: readonly { readonly name: string; readonly app: AppSource }[];
  readonly environments: readonly Pick<Environment, 'preparedBy'>[];
};

const preparationDeadlineMs = 3_600_000;

/**
 * Runs the Nx targets that make ready what is to be measured, and no others: the workloads' own, and those that the
 * environments name. A graph cannot do that: its edges do not know the options of a task.
 * @throws Error in one line when a target fails, whose output is shown before; the signal's reason when aborted.
 */
export async function prepare(
  wanted: Wanted,
  options: PrepareOptions,
  context: Pick<ExecutorContext, 'root' | 'projectsConfigurations'>,
  signal: AbortSignal,
): Promise<void> {
  const { root } = context;
  const tasks = tasksFor(wanted, options, context);
  if (tasks.length === 0) return;
  // the nested Nx, in the same workspace, gets the settings of this one
  const settingsOfNx = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name.startsWith('NX_')),
  );
  const nx = createRequire(join(root, 'package.json')).resolve('nx/bin/nx.js');
  for (const { targets, projects } of inInvocations(tasks, context)) {
    const args = ['run-many', `--targets=${targets.join(',')}`, `--projects=${projects.join(',')}`];
    await runProgram(callerNode(), [nx, ...args], {
      cwd: root,
      shownAs: `nx ${args.join(' ')}`,
      onLine: (line) => process.stdout.write(`${line}\n`),
      variables: { ...settingsOfNx, NX_TUI: 'false' },
      deadlineMs: preparationDeadlineMs,
      signal,
    });
  }
}

type Task = { readonly project: string; readonly target: string };
type Projects = Pick<ExecutorContext, 'root' | 'projectsConfigurations'>;

/**
 * @returns the tasks that what is wanted needs, as far as its projects have such targets.
 * @throws Error in one line when a workload names a project that is not there, or its image one without a target that makes it.
 */
export function tasksFor(
  { workloads, environments }: Wanted,
  { workloadTargets }: PrepareOptions,
  context: Projects,
): readonly Task[] {
  if (workloadTargets === undefined) return [];
  const {
    root,
    projectsConfigurations: { projects },
  } = context;
  const ofWorkloads = workloads.flatMap((workload) => projectOfWorkload(workload) ?? []);
  const images = workloads.flatMap(({ name, app }) =>
    app.kind === 'image' && app.project !== undefined ? [imageTask(name, app.project)] : [],
  );
  const wanted = [
    ...workloadTargets.map((target) => ({ target })),
    ...environments.flatMap(({ preparedBy = [] }) => preparedBy),
  ].flatMap(({ target, folder }: { readonly target: string; readonly folder?: URL }) =>
    (folder === undefined ? ofWorkloads : projectsIn(folder)).map((project) => ({ project, target })),
  );
  return [...wanted, ...images].filter(
    ({ project, target }, place, all) =>
      projects[project]?.targets?.[target] !== undefined &&
      all.findIndex((each) => each.project === project && each.target === target) === place,
  );

  function projectOfWorkload({ name, app }: Wanted['workloads'][number]): string | undefined {
    if ('project' in app && app.project !== undefined) {
      requireProject(name, app.project, projects);
      return app.project;
    }
    const url = app.kind === 'node' ? app.file : app.kind === 'files' ? app.folder : undefined;
    const builder = url && projectOf(relative(root, fileURLToPath(url)), projects);
    return builder ?? (projects[appOf(name)] === undefined ? undefined : appOf(name));
  }

  function imageTask(workload: string, project: string): Task {
    requireProject(workload, project, projects);
    const [target] =
      Object.entries(projects[project]?.targets ?? {}).find(
        ([, { executor }]) => executor === imageExecutor,
      ) ?? [];
    if (target !== undefined) return { project, target };
    throw new Error(
      `workload ${workload}: project ${project} has no target of ${imageExecutor}, which makes its image: ` +
        `write ${projects[project]?.root ?? project}/Dockerfile, and put @tare/nx-docker/plugin into the plugins of nx.json`,
    );
  }

  function projectsIn(folder: URL): readonly string[] {
    const isIn = (at: string): boolean => pathToFileURL(join(root, at, '/')).href === folder.href;
    return Object.keys(projects).filter((name) => isIn(projects[name]?.root ?? ''));
  }
}

/** What makes the image of a project; its target may have another name. */
const imageExecutor = '@tare/nx-docker:docker-build';

/**
 * A call of Nx takes a second or two, so one call does all tasks if no project has a target among these that
 * is not wanted.
 */
function inInvocations(
  tasks: readonly Task[],
  { projectsConfigurations: { projects: all } }: Projects,
): readonly { readonly targets: readonly string[]; readonly projects: readonly string[] }[] {
  const projects = [...new Set(tasks.map(({ project }) => project))];
  const targets = [...new Set(tasks.map(({ target }) => target))];
  const has = (project: string, target: string): boolean => all[project]?.targets?.[target] !== undefined;
  const count = projects.flatMap((project) => targets.filter((target) => has(project, target))).length;
  if (count === tasks.length) return [{ targets, projects }];
  return projects.map((project) => ({
    projects: [project],
    targets: tasks.filter((task) => task.project === project).map(({ target }) => target),
  }));
}
