// C0, DEL, C1 and the direction overrides: a program's output must not move the cursor or reorder our text.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
// eslint-disable-next-line no-control-regex
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/** Text from another program on one line, without escape sequences, control characters and halves of surrogates. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(escapeSequence, '')
    .replace(unprintable, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** Long and not for reading: they are left as they are. */
const unread: readonly string[] = ['samples', 'histogram'];

/**
 * A file with every text and key in it on one line. A report cleans its file once, at the entry; after that a view only escapes
 * for its own format.
 */
export function withPlainText<T>(value: T): T {
  return plain(value) as T;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [oneLine(key), unread.includes(key) ? each : plain(each)]),
  );
}

/** "1 round", "2 rounds". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** "2026-03-01 10:00 UTC" from an ISO date in UTC. */
export function dateText(isoDate: string): string {
  return `${new Date(isoDate).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** "2.5 s", with three digits after the point at most. */
export function secondsText(durationMs: number): string {
  return `${Number((durationMs / 1000).toFixed(3))} s`;
}

/** "45 s", "10 min", "1.5 h". */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  const [value, unit] =
    seconds < 120 ? [seconds, 's'] : seconds < 7200 ? [seconds / 60, 'min'] : [seconds / 3600, 'h'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** The name of a workload as a part of a file name: "a/b c" is "a-b-c". Remembers it; one that is taken gets a number. */
export function fileNamePart(workload: string, taken = new Set<string>()): string {
  const part = workload.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'workload';
  let name = part;
  for (let number = 2; taken.has(name); number += 1) name = `${part}-${number}`;
  taken.add(name);
  return name;
}

/** A text cut to a number of characters: a longer one ends in "…". */
export function shortened(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, Math.max(0, characters - 1)).join('')}…`;
}
