/** Options of the plugin in nx.json, complete. */
export type PluginOptions = {
  /** Tag of the projects whose bundles run in the machine. */
  readonly workloadTag: string;
  /** The workload that starts with the machine; undefined for the first by name. */
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

/**
 * Checks the options. By hand: Nx loads this with every command, and a schema library costs more than the check.
 * @throws Error in one line that names the option, the value and what was expected.
 */
export function parsePluginOptions(given: unknown): PluginOptions {
  if (given === undefined || given === null) return defaults;
  if (!isRecord(given))
    throw new Error(`@tare/nx-vagrant: the options are ${JSON.stringify(given)}; expected an object`);
  for (const [option, value] of Object.entries(given)) {
    if (!(option in defaults))
      throw new Error(
        `@tare/nx-vagrant: unknown option "${option}"; expected one of ${Object.keys(defaults).join(', ')}`,
      );
    if (typeof value !== 'string' || value === '')
      throw new Error(`@tare/nx-vagrant: option ${option} is ${JSON.stringify(value)}; expected a text`);
  }
  return { ...defaults, ...given };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
