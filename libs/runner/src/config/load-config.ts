import { pathToFileURL } from 'node:url';
import type { ProjectResolver } from './apps.ts';
import type { Settings } from './bench-config.ts';
import { parseConfig } from './resolve-config.ts';
import type { Workload } from './workload.ts';

/**
 * Loads a `bench.config.ts`: its default export, or what that returns if it is a function.
 * @param path absolute path of the file.
 * @param shownAs what to call it in messages.
 * @param resolveProject finds what the projects build that are named as apps; without it they cannot be run.
 * @throws Error with one line when it is not there, throws, or does not hold a configuration.
 */
export async function loadConfig(
  path: string,
  shownAs = path,
  resolveProject?: ProjectResolver,
): Promise<Settings> {
  let exported: unknown;
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    exported =
      typeof module.default === 'function' ? await (module.default as () => unknown)() : module.default;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Error(`${shownAs} could not be loaded: ${message}`, { cause: error });
  }
  if (exported === undefined) {
    throw new Error(`${shownAs} has no default export, expected: export default defineBench({ … })`);
  }
  const settings = parseConfig(exported, shownAs);
  if (resolveProject === undefined) return settings;
  const workloads = settings.workloads.map((workload): Workload => {
    const { app, name } = workload;
    if (app.kind !== 'project') return workload;
    return { ...workload, app: { ...app, resolve: async () => resolveProject(app, name) } };
  });
  return { ...settings, workloads };
}
