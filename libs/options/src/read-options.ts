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
      .map(([name, value]) => [name, typed(typesOf(table, name), value)]),
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

/** @returns the types that an option may have, in the words of JSON Schema; none for an unknown one. */
function typesOf(table: z.ZodObject, name: string): readonly unknown[] {
  const option: unknown = table.shape[name];
  if (!(option instanceof z.ZodType)) return [];
  const { type, anyOf = [] } = z.toJSONSchema(option, { io: 'input', unrepresentable: 'any' });
  return [type, ...anyOf.map((each) => (typeof each === 'object' ? each.type : undefined))];
}

/** The number, truth value or list that a text stands for; everything else as it is, for the table to refuse. */
function typed(types: readonly unknown[], value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.trim();
  if ((types.includes('number') || types.includes('integer')) && /^-?\d+(\.\d+)?$/.test(word))
    return Number(word);
  if (types.includes('boolean') && (word === 'true' || word === 'false')) return word === 'true';
  // as Nx does
  if (types.includes('array')) return word.split(',');
  return value;
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}
