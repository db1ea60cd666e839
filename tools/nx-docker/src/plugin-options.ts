/** Options of the plugin in nx.json, complete. */
export type PluginOptions = {
  /** Shared recipes: path of a Dockerfile → folders of the projects that it bakes. */
  readonly bakes: Readonly<Record<string, readonly string[]>>;
  /** Where a baked project's build writes its bundle. */
  readonly artifact: string;
  /** Name of the target that makes the bundle. */
  readonly buildTarget: string;
};

/** Beside a bundle, where its build writes it: the licences of what is in it. It goes where the bundle goes. */
export const noticesFile = 'NOTICES.txt';

const defaults: PluginOptions = { bakes: {}, artifact: 'dist/{projectRoot}/main.mjs', buildTarget: 'build' };

/**
 * Checks the options. By hand: Nx loads this with every command, and a schema library costs more than the check.
 * @throws Error in one line that names the option, the value and what was expected.
 */
export function parsePluginOptions(given: unknown): PluginOptions {
  if (given === undefined || given === null) return defaults;
  if (!isRecord(given)) throw wrong('', given, 'an object');
  const unknown = Object.keys(given).find((key) => !(key in defaults));
  if (unknown !== undefined) {
    throw new Error(
      `@tare/nx-docker: unknown option "${unknown}"; expected one of ${Object.keys(defaults).join(', ')}`,
    );
  }
  const { bakes = defaults.bakes, artifact = defaults.artifact, buildTarget = defaults.buildTarget } = given;
  if (!isRecord(bakes)) throw wrong('bakes', bakes, 'an object of Dockerfile → project folders');
  const checked = Object.entries(bakes).map(([dockerfile, folders]) => {
    if (!isStrings(folders)) throw wrong(`bakes["${dockerfile}"]`, folders, 'a list of project folders');
    return [dockerfile, folders] as const;
  });
  if (typeof artifact !== 'string' || artifact === '') throw wrong('artifact', artifact, 'a path');
  if (typeof buildTarget !== 'string' || buildTarget === '')
    throw wrong('buildTarget', buildTarget, 'the name of a target');
  return { bakes: Object.fromEntries(checked), artifact, buildTarget };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function wrong(option: string, value: unknown, expected: string): Error {
  const where = option === '' ? 'the options are' : `option ${option} is`;
  return new Error(`@tare/nx-docker: ${where} ${JSON.stringify(value)}; expected ${expected}`);
}
