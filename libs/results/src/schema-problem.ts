import type { z } from 'zod';

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
export function schemaProblem(error: z.ZodError, data: unknown): string {
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
