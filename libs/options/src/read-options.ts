import { z } from 'zod';

/** The options of a table as Nx hands them over, from a command line or a target: numbers and switches may be texts. */
export type GivenOptions<T extends z.ZodRawShape> = {
  readonly [K in keyof T]?: z.output<T[K]> | string | undefined;
};

/** The options of a table as an executor gets them when Nx has checked them and filled in the defaults. */
export type OptionsOf<T extends z.ZodType> = z.output<T>;

/**
 * Reads the options of an executor: numbers, switches and lists may be texts, as a command line gives them; defaults are filled in.
 * @param table an object whose members are options.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function readOptions<T extends z.ZodObject>(
  table: T,
  given: Readonly<Record<string, unknown>>,
): z.output<T> {
  const values = Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typed(typeOf(table, name), value)]),
  );
  const read = table.safeParse(values);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw new Error(
      `--${issue.keys[0] ?? ''}: unknown option, expected one of ${Object.keys(table.shape).join(', ')}`,
    );
  }
  const name = String(issue?.path[0] ?? '');
  if (given[name] === undefined) throw new Error(`--${name} is missing: ${issue?.message ?? ''}`);
  throw new Error(`--${name}=${shown(given[name])}: ${issue?.message ?? 'not valid'}`);
}

/** @returns the type of an option in the words of JSON Schema; undefined for an unknown one. */
function typeOf(table: z.ZodObject, name: string): string | undefined {
  const option: unknown = table.shape[name];
  if (!(option instanceof z.ZodType)) return undefined;
  const { type } = z.toJSONSchema(option, { io: 'input', unrepresentable: 'any' });
  return typeof type === 'string' ? type : undefined;
}

/** The number, truth value or list that a text stands for; everything else as it is, for the table to refuse. */
function typed(type: string | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.trim();
  if ((type === 'number' || type === 'integer') && /^-?\d+(\.\d+)?$/.test(word)) return Number(word);
  if (type === 'boolean' && (word === 'true' || word === 'false')) return word === 'true';
  // as Nx does
  if (type === 'array') return word.split(',');
  return value;
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}
