import fc from 'fast-check';

/**
 * How often a property is tried: `few` times, or that many times TARE_PROPERTY_RUNS.
 * @param few what a spec can afford at every `npm test`.
 */
export function tries(few = 200): { readonly numRuns: number } {
  return { numRuns: few * Number(process.env.TARE_PROPERTY_RUNS ?? 1) };
}

/** What terminals, CI services, Markdown, HTML, XML, spreadsheets, shells, file systems and JavaScript give a meaning to. */
const meaningful = [
  ...['\u001b[31m', '\u001b]8;;http://x.test\u0007', '\u009b2J', '\u0000', '\b', '\r', '\n', '\r\n', '\t', '\u2028'],
  ...['\u202e', '\u2066', '\u061c', '\u200f', '\ud800', '\ufffe', '\uffff', '\u0085', '\u{e0041}'],
  ...['::error file=x::boo', '::set-output name=a::b', '::add-mask::a', '##[error]', '##vso[task.a]', '##teamcity[a]'],
  ...['<script>alert(1)</script>', '<img src=x onerror=a>', '"><x-evil onx="', "' onx='", ']]>', '<!--', '-->', '&#x3c;'],
  ...['[a](javascript:a)', '![a](http://x.test/a.png)', '<http://x.test>', '[a]: http://x.test', '`', '```', '~~~', '|'],
  ...['# ', '- ', '> ', '1. ', '***', '===', '    a', '\\', '&lt;', '$$', '<!-- tare:results -->', '<!-- /tare:results -->'],
  ...['=1+1', '+1', '-1', '@A1', '＝1', ';', ',', '"', "'", ' '],
  ...['../', '..', '/', '/etc/passwd', '..\\', 'C:\\', '.', '-rf', '$(id)', '`id`', '${a}', '%n', '*', '?'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'samples', 'histogram'],
  ...['a', '0', 'é', '😀', 'native', ':'],
]; // prettier-ignore

/** Text of somebody who means harm, or of a program that has gone mad. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...meaningful), { maxLength: 6 }).map((all) => all.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(...meaningful) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...meaningful), fc.nat(300)).map(([text, times]) => text.repeat(times)) },
); // prettier-ignore

/** Any value of JSON, with keys and texts that mean harm. */
const hostileJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -0, -1, 0.5, 1e-320, 1e308, -1e308, 2 ** 53, NaN, Infinity),
    hostileText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(hostileText, tie('value')), { maxLength: 4 }).map(objectOf),
  ),
})).value;

/** As JSON.parse makes it: "__proto__" is a member like any other. */
function objectOf(members: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(members);
}

/** A good value with a few members changed, added or removed. @param make makes it, a new one each time. */
function altered(make: () => unknown, values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.record({
    path: fc.array(fc.nat(), { minLength: 1, maxLength: 7 }),
    key: hostileText,
    value: values,
    kind: fc.constantFrom('replace', 'remove', 'add', 'rename'),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = make();
    for (const { path, ...rest } of changes) changeAt(copy, path, rest);
    return copy;
  });
}

/** What a program can make and JSON cannot. */
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileJson,
  fc.constantFrom(undefined, 1n, Symbol('a'), /a/, new Date(Number.NaN), new Map([['a', 1]]), new Error('a\nb')),
  fc.constantFrom(() => 'a', class A {}, Object.create(null), new Uint8Array(3), Promise.resolve(1), inItself()),
); // prettier-ignore

function inItself(): object {
  const circle: Record<string, unknown> = {};
  circle.a = [circle];
  return circle;
}

/** A value with functions and objects of classes in it, as a program makes it, that is not what it should be. */
export function spoiltObject(make: () => unknown): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 8, arbitrary: altered(make, hostileValue) }, hostileValue);
}

/** JSON text that is not what it should be: a good value with a few members changed, added or removed, cut off, or no JSON. */
export function spoilt(good: unknown): fc.Arbitrary<string> {
  const copy = (): unknown => JSON.parse(JSON.stringify(good));
  const changed = altered(copy, hostileJson).map((each) => JSON.stringify(each));
  const cut = fc.nat(JSON.stringify(good).length).map((length) => JSON.stringify(good).slice(0, length));
  const deep = fc.nat(20_000).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`);
  return fc.oneof(
    { weight: 8, arbitrary: changed },
    cut,
    deep,
    hostileJson.map((value) => JSON.stringify(value)),
    hostileText,
  );
}

type Change = {
  readonly key: string;
  readonly value: unknown;
  readonly kind: string;
};

/** Changes a member somewhere in a value; `path` says which way to go at each level. */
function changeAt(value: unknown, [turn = 0, ...path]: readonly number[], change: Change): void {
  if (typeof value !== 'object' || value === null) return;
  const keys = Object.keys(value);
  const key = keys[turn % keys.length];
  const below = key === undefined ? undefined : memberOf(value, key);
  if (key !== undefined && path.length > 0 && typeof below === 'object' && below !== null) {
    changeAt(below, path, change);
    return;
  }
  if (key !== undefined && change.kind !== 'add') Reflect.deleteProperty(value, key);
  const names: Readonly<Record<string, string | undefined>> = {
    replace: key,
    add: change.key,
    rename: change.key,
  };
  const name = names[change.kind];
  if (name === undefined) return;
  const member = change.kind === 'rename' ? below : change.value;
  Object.defineProperty(value, name, { value: member, enumerable: true, writable: true, configurable: true });
}

function memberOf(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/**
 * Reads hostile input: it is taken or refused, and nothing else.
 * @returns what was read, or the line by which it was refused.
 * @throws Error when the refusal is no line, or has no words of ours, or something got into the prototypes of this process.
 */
export function readOrRefused<T>(read: () => T): Result<T> {
  const before = prototypeMembers();
  const result = resultOf(read);
  requireSame(before);
  return result;
}

/** The same of what takes its time. */
export async function takenOrRefused<T>(take: () => Promise<T>): Promise<Result<T>> {
  const before = prototypeMembers();
  const result = await take().then(
    (taken) => ({ read: taken }),
    (error: unknown) => ({ refused: refusalOf(error) }),
  );
  requireSame(before);
  return result;
}

type Result<T> = { readonly read: T } | { readonly refused: string };

function resultOf<T>(read: () => T): Result<T> {
  try {
    return { read: read() };
  } catch (error) {
    return { refused: refusalOf(error) };
  }
}

function refusalOf(error: unknown): string {
  if (!(error instanceof Error) || error.name !== 'Error') throw error;
  if (error.message.trim() === '') throw new Error('refused without a word', { cause: error });
  return error.message;
}

const prototypeMembers = (): number => Object.getOwnPropertyNames(Object.prototype).length;

function requireSame(before: number): void {
  if (prototypeMembers() !== before) throw new Error('something got into Object.prototype');
}
