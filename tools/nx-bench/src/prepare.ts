import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ExecutorContext } from '@nx/devkit';
import type { Environment } from '@tare/environment';
import { runProgram } from '@tare/metrics';
import { appOf } from '@tare/runner';

/** Options of the executors that prepare what they measure; set by the plugin, without which nothing is prepared. */
export type PrepareOptions = {
  /** Tag of the projects that are workloads. */
  readonly workloadTag?: string | undefined;
  /** What is done with a workload before it is measured. */
  readonly workloadTargets?: readonly string[] | undefined;
};

/** What is to be measured. */
export type Wanted = {
  readonly workloads: readonly { readonly name: string }[];
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
    await runProgram(process.execPath, [nx, ...args], {
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

/** @returns the tasks that what is wanted needs, as far as its projects have such targets. */
export function tasksFor(
  { workloads, environments }: Wanted,
  { workloadTag, workloadTargets = [] }: PrepareOptions,
  { root, projectsConfigurations }: Projects,
): readonly Task[] {
  const apps = new Set(workloads.map(({ name }) => appOf(name)));
  if (workloadTag === undefined) return [];
  const { projects } = projectsConfigurations;
  const tagged = Object.keys(projects).filter((name) => projects[name]?.tags?.includes(workloadTag) === true);
  // if an app has a different name from its project, any tagged project may be the one
  const ofWorkloads = [...apps].every((app) => tagged.includes(app))
    ? tagged.filter((name) => apps.has(name))
    : tagged;
  const wanted = [
    ...workloadTargets.map((target) => ({ target })),
    ...environments.flatMap(({ preparedBy = [] }) => preparedBy),
  ].flatMap(({ target, folder }: { readonly target: string; readonly folder?: URL }) =>
    (folder === undefined ? ofWorkloads : projectsIn(folder)).map((project) => ({ project, target })),
  );
  return wanted.filter(
    ({ project, target }, place) =>
      projects[project]?.targets?.[target] !== undefined &&
      wanted.findIndex((each) => each.project === project && each.target === target) === place,
  );

  function projectsIn(folder: URL): readonly string[] {
    const isIn = (at: string): boolean => pathToFileURL(join(root, at, '/')).href === folder.href;
    return Object.keys(projects).filter((name) => isIn(projects[name]?.root ?? ''));
  }
}

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
