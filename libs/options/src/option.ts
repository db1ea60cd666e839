import { z } from 'zod';

/** What is known of an option beside its type, bounds and default; kept as the metadata of its zod type. */
export type About = {
  readonly description: string;
  /** What applies when it is not given, where that is no constant: "half of what the slowest environment serves". */
  readonly otherwise?: string;
  /** The name it had in an earlier version; the command line still takes it. */
  readonly formerly?: string;
};

export type Range = {
  readonly min: number;
  /** None by default. */
  readonly max?: number;
  /** Plural: "seconds", "requests per second"; "percent" for a percentage. */
  readonly unit?: string;
};

/** A whole number from `min` to `max`. */
export function whole({ min, max, unit, ...about }: About & Range): z.ZodNumber {
  const error = `expected a whole number${unit === undefined ? '' : ` of ${unit}`} ${range(min, max)}`;
  return z
    .int({ error })
    .min(min, { error })
    .max(max ?? Number.MAX_SAFE_INTEGER, { error })
    .meta({ ...about, ...(unit !== undefined && { unit }) });
}

/** A number from `min` to `max`, in a unit. */
export function number({ min, max, unit, ...about }: About & Range): z.ZodNumber {
  const amount =
    unit === 'percent' ? 'a percentage' : unit === undefined ? 'a number' : `a number of ${unit}`;
  const error = `expected ${amount} ${range(min, max)}`;
  return z
    .number({ error })
    .min(min, { error })
    .max(max ?? Number.MAX_SAFE_INTEGER, { error })
    .meta({ ...about, ...(unit !== undefined && { unit }) });
}

function range(min: number, max: number | undefined): string {
  return max === undefined ? `from ${min}` : `from ${min} to ${max}`;
}

/** True or false. */
export function toggle(about: About): z.ZodBoolean {
  return z.boolean({ error: 'expected true or false' }).meta(about);
}

/** One of some words. */
export function choice<const T extends readonly [string, ...string[]]>(values: T, about: About) {
  return z.enum(values, { error: `expected one of ${values.join(', ')}` }).meta(about);
}

/** Any text, `what` for messages: "the name of an environment". */
export function text({ what = 'a text', ...about }: About & { readonly what?: string }): z.ZodString {
  const error = `expected ${what}`;
  return z.string({ error }).trim().min(1, { error }).meta(about);
}

/** A path from the root of the workspace. */
export function path(about: About): z.ZodString {
  return text({ what: 'a path from the workspace root', ...about });
}

/** Several texts, as a target in nx.json or project.json gives them. */
export function list(about: About): z.ZodArray<z.ZodString> {
  return z.array(z.string()).meta(about);
}

/** The same option, kept out of `--help` and the docs: set by a plugin, or meant for another target. */
export function hidden<T extends z.ZodType>(option: T): T {
  return option.meta({ ...option.meta(), hidden: true, 'x-priority': 'internal' });
}

/** The options of an executor, in the order in which they are shown. */
export function optionTable<const T extends z.ZodRawShape>(
  about: { readonly title: string; readonly description: string; readonly outputCapture?: 'direct-nodejs' },
  options: T,
) {
  return z.strictObject(options).meta(about);
}
