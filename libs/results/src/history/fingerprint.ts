import { createHash } from 'node:crypto';

const digits = 12;

/** 12 hex digits that stand for some plain data: the same data give the same, whatever the order of their keys. */
export function fingerprint(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data, sortKeys)).digest('hex').slice(0, digits);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
