import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';

/** Which projects are workloads, and where their bundles are. */
export type WorkloadOptions = {
  /** Tag of the projects that are workloads. */
  readonly workloadTag: string;
  /** Where a workload's build writes its bundle: "dist/{workloadRoot}/main.mjs". */
  readonly artifact: string;
  /** The workload that starts with the machine; undefined for the first by name. */
  readonly workload?: string | undefined;
};

/**
 * The bundles of the workspace's workloads: project → absolute path, the one that starts with the machine first.
 * @throws Error in one line when there is none, one is not built, or the one to start is not among them.
 */
export function workloadArtifacts(
  { workloadTag, artifact, workload }: WorkloadOptions,
  { root, projectGraph }: Pick<ExecutorContext, 'root' | 'projectGraph'>,
): Readonly<Record<string, string>> {
  const projects = Object.values(projectGraph.nodes)
    .filter(({ data }) => data.tags?.includes(workloadTag) === true)
    .sort(
      (one, other) =>
        Number(other.name === workload) - Number(one.name === workload) || one.name.localeCompare(other.name),
    );
  const names = projects.map(({ name }) => name);
  if (names.length === 0)
    throw new Error(`option workloadTag is "${workloadTag}", and no project has that tag`);
  if (workload !== undefined && !names.includes(workload))
    throw new Error(`option workload is "${workload}"; expected one of ${names.join(', ')}`);
  return Object.fromEntries(
    projects.map(({ name, data }) => {
      const path = join(
        root,
        artifact.replaceAll('{workloadRoot}', data.root).replaceAll('{workload}', name),
      );
      if (!existsSync(path)) throw new Error(`${path} is missing; run nx run ${name}:build`);
      return [name, path];
    }),
  );
}
