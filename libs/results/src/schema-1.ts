/*
 * Version 1 of the run file and of the history had other names for what is now called control, slice and time series. These
 * functions give the data of such a file the names of version 2, and leave to the schema what else may be wrong with them.
 */

type Members = Readonly<Record<string, unknown>>;

const newCodes: Readonly<Record<string, string>> = {
  'twin-differs': 'control-differs',
  'short-turns': 'short-slices',
};

/** The data of a run file of version 1 as those of version 2. */
export function runOfSchema1(data: unknown): unknown {
  return changed(data, {
    schema: () => 2,
    config: (config) =>
      changed(renamed(config, 'twin', 'control'), { load: (load) => renamed(load, 'turnMs', 'sliceMs') }),
    warmUps: (warmUps) => eachOf(warmUps, (warmUp) => renamed(warmUp, 'course', 'timeSeries')),
    trials: (trials) =>
      eachOf(trials, (trial) => changed(trial, { load: (load) => renamed(load, 'turns', 'slices') })),
    diagnostics: (diagnostics) =>
      eachOf(diagnostics, (each) =>
        changed(each, { code: (code) => (typeof code === 'string' ? (own(newCodes, code) ?? code) : code) }),
      ),
  });
}

/** The data of a history line of version 1 as those of version 2. */
export function historyLineOfSchema1(data: unknown): unknown {
  return changed(renamed(data, 'twin', 'control'), { schema: () => 2 });
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that was put there: the names are those of a file, and "constructor" is one that every object has. */
function own<T>(members: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** The same object with some of its members changed, as far as it has them. */
function changed(value: unknown, changes: Readonly<Record<string, (member: unknown) => unknown>>): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, own(changes, name)?.(member) ?? member]),
  );
}

/** The same object with another name for one of its members, in the same place. */
function renamed(value: unknown, from: string, to: string): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name === from ? to : name, member]),
  );
}

function eachOf(value: unknown, change: (entry: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}
