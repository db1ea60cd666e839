import { pathToFileURL } from 'node:url';
import type { Settings } from './bench-config.ts';
import { parseConfig } from './resolve-config.ts';

/**
 * Loads a `bench.config.ts`: its default export, or what that returns if it is a function.
 * @param path absolute path of the file.
 * @param shownAs what to call it in messages.
 * @throws Error with one line when it is not there, throws, or does not hold a configuration.
 */
export async function loadConfig(path: string, shownAs = path): Promise<Settings> {
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
  return parseConfig(exported, shownAs);
}
