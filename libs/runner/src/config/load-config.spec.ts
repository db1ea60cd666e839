import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(name: string, text: string) {
  const path = join(folder, name);
  await writeFile(path, text);
  return loadConfig(path, name);
}

it('says that a file is not there', async () => {
  await expect(loadConfig(join(folder, 'none.ts'), 'none.ts')).rejects.toThrow(
    'none.ts could not be loaded: ',
  );
});

it('says what a configuration threw', async () => {
  await expect(load('throws.ts', 'throw new Error("no such luck")')).rejects.toThrow(
    'throws.ts could not be loaded: no such luck',
  );
});

it('says that the default export is missing', async () => {
  await expect(load('empty.ts', 'export const x = 1;')).rejects.toThrow('empty.ts has no default export');
});

it('says which member is missing', async () => {
  await expect(load('partial.ts', 'export default { workloads: [] }')).rejects.toThrow(
    'partial.ts: workloads: ',
  );
});
