import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap, namespace, native, nspawn } from '@tare/environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answering, faulty, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';
import type { RunEvent } from './run-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-secrets-'));
beforeAll(() => writeAnsweringApp(folder));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const secret = `canary-${process.pid}-5f2b9c`;

/** The command lines of all processes of this host. */
function commandLines(): string {
  const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    } catch {
      return '';
    }
  });
  return lines.join('\n');
} // prettier-ignore

it('the variables of an app stand in no command line, event, journal or run file, not even when it fails', async () => {
  const events: RunEvent[] = [];
  let seen = '';
  let looks = 0;
  const look = setInterval(() => {
    looks += 1;
    if (seen === '' && commandLines().includes(secret)) seen = commandLines();
  }, 20);
  const workload = { ...answering(folder), variables: { DATABASE_PASSWORD: secret } };
  const environments = [native(), namespace(), bubblewrap(), nspawn(), faulty('sick', { NEVER_HEALTHY: '1' })];
  const { run, journalFolder } = await shortRun(
    folder,
    { workloads: [workload], environments, rounds: 1, retries: 0 },
    { events },
  ).finally(() => {
    clearInterval(look);
  });
  expect(looks).toBeGreaterThan(20);
  expect(seen).toBe('');
  expect(run.trials.length).toBeGreaterThan(1);
  expect(run.environments.find(({ name }) => name === 'sick')?.status).not.toBe('measured');
  const files = await readdir(journalFolder);
  const written = await Promise.all(files.map((file) => readFile(join(journalFolder, file), 'utf8')));
  for (const text of [...written, JSON.stringify(run), JSON.stringify(events, (_, value: unknown) => (value instanceof Map ? [...value] : value))])
    expect(text.includes(secret)).toBe(false);
}); // prettier-ignore
