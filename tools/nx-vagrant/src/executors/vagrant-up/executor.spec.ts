import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { forwardedPort, workloadArtifacts } from './executor.ts';

const root = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
for (const app of ['grocery', 'primes']) {
  mkdirSync(join(root, 'dist/apps', app), { recursive: true });
  writeFileSync(join(root, 'dist/apps', app, 'main.mjs'), '');
}
const node = (name: string, tags: string[]) => ({
  name,
  type: 'app' as const,
  data: { root: `apps/${name}`, tags },
});
const nodes = {
  primes: node('primes', ['workload']),
  grocery: node('grocery', ['workload']),
  bench: node('bench', ['pipeline']),
  late: node('late', ['unbuilt']),
};
const context = { root, projectGraph: { nodes, dependencies: {} } };
const options = { workloadTag: 'workload', artifact: 'dist/{workloadRoot}/main.mjs' };

test('the workloads are the projects with the tag, by name', () => {
  const found = workloadArtifacts(options, context);
  expect(Object.entries(found)[0]).toEqual(['grocery', join(root, 'dist/apps/grocery/main.mjs')]);
  expect(Object.keys(found)).toEqual(['grocery', 'primes']);
});

test('the workload that starts with the machine comes first', () => {
  expect(Object.keys(workloadArtifacts({ ...options, workload: 'primes' }, context))).toEqual([
    'primes',
    'grocery',
  ]);
});

test('what is not there is named', () => {
  expect(() => workloadArtifacts({ ...options, workload: 'none' }, context)).toThrow(
    'option workload is "none"; expected one of grocery, primes',
  );
  expect(() => workloadArtifacts({ ...options, workloadTag: 'none' }, context)).toThrow(
    'no project has that tag',
  );
  expect(() => workloadArtifacts({ ...options, workloadTag: 'unbuilt' }, context)).toThrow(
    'run nx run late:build',
  );
});

test('the port is 8001 unless TARE_PORT names another or TARE_FORWARD is 0', () => {
  expect(forwardedPort({})).toBe(8001);
  expect(forwardedPort({ TARE_PORT: '8011' })).toBe(8011);
  expect(forwardedPort({ TARE_PORT: '8011', TARE_FORWARD: '0' })).toBeUndefined();
});

test.each(['', '0', '65536', '80a'])('TARE_PORT %j is refused', (port) => {
  expect(() => forwardedPort({ TARE_PORT: port })).toThrow(
    `TARE_PORT is "${port}"; expected a port from 1 to 65535`,
  );
});
