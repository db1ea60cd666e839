import { posix } from 'node:path';
import type { ExecutorContext, ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { isWithin } from '@tare/nx-kit/plugin';

type Projects = Readonly<Record<string, ProjectConfiguration>>;

/** @returns a path of an option, with the name of the project where it says {projectName}, as Nx does in a configuration alone. */
export function pathOf(path: string, { projectName = '' }: Pick<ExecutorContext, 'projectName'>): string {
  return path.replaceAll('{projectName}', projectName);
}

/** @returns what a target writes, from the workspace's root; patterns without what begins with the first wildcard. */
export function outputsOf(
  { outputs = [], options }: TargetConfiguration,
  { project, root }: { readonly project: string; readonly root: string },
): readonly string[] {
  const ofTarget = Object.entries((options ?? {}) as Record<string, unknown>);
  const words: Readonly<Record<string, unknown>> = {
    workspaceRoot: '.',
    projectRoot: root,
    projectName: project,
    ...Object.fromEntries(ofTarget.map(([option, value]) => [`options.${option}`, value])),
  };
  const named = [...outputs, ...(outputs.length === 0 ? ['{options.outputPath}'] : [])];
  return named.flatMap((output) => {
    const path = output.replaceAll(/\{([^}]+)\}/g, (_, word: string) => {
      const value = words[word];
      return typeof value === 'string' ? value : '*';
    });
    const [fixed = ''] = path.split(/[*?!]/);
    return fixed === '' ? [] : [posix.normalize(fixed).replace(/\/$/, '')];
  });
}

/** The project that builds what is at a path, else the one whose folder it is in, if that is not the workspace itself. */
export function projectOf(path: string, projects: Projects): string | undefined {
  const all = Object.entries(projects);
  const builder = all.find(([project, { root, targets = {} }]) =>
    Object.values(targets).some((target) =>
      outputsOf(target, { project, root }).some(
        (output) => output !== '.' && output !== root && isWithin(path, output),
      ),
    ),
  );
  const [nearest] = all
    .filter(([, { root }]) => root !== '.' && isWithin(path, root))
    .toSorted(([, one], [, other]) => other.root.length - one.root.length);
  return (builder ?? nearest)?.[0];
}

/** @returns a project that a workload names. @throws Error in one line with the names that there are when it is not there. */
export function requireProject(workload: string, project: string, projects: Projects): ProjectConfiguration {
  const found = projects[project];
  if (found !== undefined) return found;
  const names = Object.keys(projects).toSorted();
  const word = project.split('/').at(-1) ?? project;
  const near = names.filter((name) => name.includes(word) || word.includes(name.split('/').at(-1) ?? name));
  const most = 8;
  throw new Error(
    `workload ${workload}: there is no project "${project}" in this workspace, expected one of ` +
      `${(near.length > 0 ? near : names).slice(0, most).join(', ')}; nx show projects lists all`,
  );
}
