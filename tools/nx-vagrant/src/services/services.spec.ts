import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chosenServices } from './services.ts';

const root = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
for (const app of ['shop', 'maps']) {
  mkdirSync(join(root, 'dist/apps', app), { recursive: true });
  writeFileSync(join(root, 'dist/apps', app, 'main.mjs'), '');
}
mkdirSync(join(root, 'apps/flask'), { recursive: true });

const node = (name: string, tag = 'workload') => ({
  name,
  type: 'app' as const,
  data: { root: `apps/${name}`, tags: [tag] },
});
const nodes = {
  shop: node('shop'),
  maps: node('maps'),
  flask: node('flask'),
  bench: node('bench', 'pipeline'),
};
const options = {
  workloadTag: 'workload',
  artifact: 'dist/{workloadRoot}/main.mjs',
  workload: undefined,
  services: {},
  healthPath: '/health',
};
const chosen = (special: Partial<Parameters<typeof chosenServices>[0]> = {}, port?: number) =>
  chosenServices({ ...options, ...special }, { root, projectGraph: { nodes, dependencies: {} } }, port);

test('each that is named has its port here and one of its own in the guest', () => {
  const services = {
    shop: { port: 5001, data: 'UPLOADS', env: ['A=b=c'], health: '/up' },
    flask: { port: 9000, artifact: '{workloadRoot}', command: ['python3', 'app.py'], guestPort: 3000 },
  };
  const [maps, shop, flask] = chosen({ workload: ['maps', 'shop', 'flask'], services });
  expect(maps).toMatchObject({ port: 8001, guestPort: 8000, health: '/health', variables: {} });
  expect(shop).toMatchObject({
    path: join(root, 'dist/apps/shop/main.mjs'),
    port: 5001,
    guestPort: 8001,
    health: '/up',
    dataVariable: 'UPLOADS',
    variables: { A: 'b=c' },
  });
  expect(flask).toMatchObject({
    path: join(root, 'apps/flask'),
    guestPort: 3000,
    command: ['python3', 'app.py'],
  });
  expect(chosen({ workload: ['shop'], services }, 7000)[0]?.port).toBe(7000);
});

test('without a name it is the first', () => {
  const services = { flask: { artifact: '{workloadRoot}', command: ['python3', 'app.py'] } };
  expect(chosen({ services }).map(({ workload }) => workload)).toEqual(['flask']);
});

test.each([
  [{ workloadTag: 'none' }, 'option workloadTag is "none", and no project has that tag'],
  [{ workload: ['bench'] }, 'option workload names "bench"; expected one of flask, maps, shop'],
  [{ services: { bench: {} } }, 'option services names "bench"; expected one of flask, maps, shop'],
  [{ workload: ['flask'] }, 'run nx run flask:build'],
  [{ workload: ['maps', 'shop'] }, 'option services has no port for "shop"'],
  [{ workload: ['maps', 'shop'], services: { shop: { port: 8001 } } }, 'shop has the port 8001, as another'],
  [
    { workload: ['maps', 'shop'], services: { shop: { port: 1, guestPort: 8000 } } },
    'shop has the port in the guest 8000, as another workload has',
  ],
  [
    { workload: ['maps'], services: { maps: { env: ['A'] } } },
    'variable "A" for "maps"; expected NAME=value',
  ],
  [{ workload: ['maps'], services: { maps: { command: ['x'] } } }, 'is one file, which node runs'],
  [
    { workload: ['flask'], services: { flask: { artifact: '{workloadRoot}' } } },
    'of flask is a folder, and option services has no command for it',
  ],
])('%j is refused in a line', (special, message) => {
  expect(() => chosen(special)).toThrow(message);
});
