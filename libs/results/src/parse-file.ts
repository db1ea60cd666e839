import { z } from 'zod';

const versioned = z.looseObject({ schema: z.unknown() });

/** How a kind of file names its version, and the one that this library reads. */
type FileVersion = {
  readonly name: string;
  readonly read: number;
  /** What turns the data of an older version into those of the one that is read. */
  readonly upgrades?: Readonly<Record<number, (data: unknown) => unknown>>;
};

/**
 * Reads a file of JSON.
 * @param path of the file, for messages.
 * @param version checked before everything else; without it the schema has the only word.
 * @throws Error, one line that names the file, the place in it, what was expected and what was found; a truncated file
 * and an unknown version have lines of their own.
 */
export function parseFile<T>(schema: z.ZodType<T>, text: string, path: string, version?: FileVersion): T {
  const data = parseJson(text, path);
  const found = versioned.safeParse(data).data?.schema;
  if (version !== undefined && typeof found === 'number' && found !== version.read) {
    const upgrade = version.upgrades?.[found];
    if (upgrade !== undefined) return checkData(schema, upgrade(data), path);
    throw new Error(`${path}: has ${version.name} ${found}, this version of Tare reads ${version.read}`);
  }
  return checkData(schema, data, path);
}

/** @throws Error, one line that begins with `what`, if the data do not fit the schema. */
export function checkData<T>(schema: z.ZodType<T>, data: unknown, what: string): T {
  const result = schema.safeParse(data);
  if (!result.success) throw new Error(`${what}: ${schemaProblem(result.error, data)}`);
  return result.data;
}

/**
 * JSON of a file, not yet validated.
 * @param path of the file, for messages.
 * @throws Error, one line that tells apart an empty file, a truncated one and one that is not JSON.
 */
function parseJson(text: string, path: string): unknown {
  if (text.trim() === '') throw new Error(`${path}: is empty, expected JSON`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (endsInside(text)) {
      throw new Error(
        `${path}: ends after ${text.length} characters in the middle of the JSON: the file is not whole`,
        { cause },
      );
    }
    const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
    throw new Error(`${path}: is not JSON: ${reason}`, { cause });
  }
}

/** Whether an object, an array or a string is still open at the end of the text. */
function endsInside(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let place = 0; place < text.length; place += 1) {
    const character = text.charAt(place);
    if (inString && character === '\\') place += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '{' || character === '[')) depth += 1;
    else if (!inString && (character === '}' || character === ']')) depth -= 1;
  }
  return inString || depth > 0;
}

type Issue = z.core.$ZodIssue;

/** Longer values are cut in messages. */
const longestShown = 60;

const typeNames: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
  tuple: 'an array',
};

/**
 * The first problem that a schema found in some data, in one line: "trials[3].load.requests: expected a number, found
 * "12"". Says how many more there are.
 * @param data what was validated.
 */
function schemaProblem(error: z.ZodError, data: unknown): string {
  const [first, ...others] = error.issues;
  if (first === undefined) return 'invalid';
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const place = placeOf(first.path);
  return `${place === '' ? '' : `${place}: `}${complaint(first, data)}${more}`;
}

function complaint(issue: Issue, data: unknown): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
  return `expected ${expectation(issue)}, found ${shown(valueAt(data, issue.path))}`;
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return typeNames[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map((value) => shown(value)).join(' or ');
  if (issue.code === 'too_small' || issue.code === 'too_big') return bound(issue);
  if (issue.code === 'invalid_format' && issue.format === 'datetime')
    return 'a date such as 2026-01-31T12:00:00.000Z';
  if (issue.code === 'invalid_union') return alternatives(issue);
  return issue.message.replace(/^expected /, '');
}

function bound(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const entries = issue.origin === 'number' || issue.origin === 'int' ? '' : ' entries';
  if (issue.code === 'too_small') {
    return issue.inclusive === false
      ? `more than ${issue.minimum}${entries}`
      : `${issue.minimum} or more${entries}`;
  }
  return issue.inclusive === false
    ? `less than ${issue.maximum}${entries}`
    : `${issue.maximum} or less${entries}`;
}

function alternatives(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if ('options' in issue && issue.options) return issue.options.map((option) => shown(option)).join(' or ');
  return issue.errors.flatMap(([first]) => (first ? [expectation(first)] : [])).join(' or ');
}

function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, depth) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `[${JSON.stringify(name)}]`;
      return depth === 0 ? name : `.${name}`;
    })
    .join('');
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    data,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  // JSON has no word for NaN and infinity.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
