import { randomBytes } from 'node:crypto';

/** @returns a name for a run that sorts by time and may stand in a file name, a label and a domain name. */
export function newRunId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}
