import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap, namespace, native, nspawn } from '@tare/environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canary, filesWith, watchCommandLines } from '../../../../canary.shared.ts';
import { answering, faulty, shortRun, writeAnsweringApp } from '../../fixtures/real-run.ts';
import type { RunEvent } from './run-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-secrets-'));
beforeAll(() => writeAnsweringApp(folder));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('the variables of an app stand in no command line, event, journal or run file, not even when it fails', async () => {
  const events: RunEvent[] = [];
  const watch = watchCommandLines(canary);
  const workload = { ...answering(folder), variables: { DATABASE_PASSWORD: canary } };
  const environments = [native(), namespace(), bubblewrap(), nspawn(), faulty('sick', { NEVER_HEALTHY: '1' })];
  const { run, journalFolder } = await shortRun(
    folder,
    { workloads: [workload], environments, rounds: 1, retries: 0 },
    { events },
  );
  const { looks, seen } = watch.end();
  expect(looks).toBeGreaterThan(20);
  expect(seen).toEqual([]);
  expect(run.trials.length).toBeGreaterThan(1);
  expect(run.environments.find(({ name }) => name === 'sick')?.status).not.toBe('measured');
  expect(filesWith('NEVER_HEALTHY', folder)).toContain(join(folder, 'main.mjs'));
  expect(filesWith(canary, journalFolder)).toEqual([]);
  for (const text of [JSON.stringify(run), JSON.stringify(events, (_, value: unknown) => (value instanceof Map ? [...value] : value))])
    expect(text).not.toContain(canary);
}); // prettier-ignore
