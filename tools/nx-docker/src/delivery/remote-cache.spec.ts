import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { preTasksExecution } from './remote-cache.ts';

const variable = 'NX_SELF_HOSTED_REMOTE_CACHE_SERVER';
const asked: unknown[] = [];
let status = 0;
const server = createServer(({ url, headers }, response) => {
  asked.push([url, headers.authorization]);
  response.writeHead(status).end('text');
});
let host = '';
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const said = vi.fn<(text: string) => void>();
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said(String(text));
    return true;
  });
  for (const name of Object.keys(process.env).filter((each) => /proxy$/i.test(each)))
    vi.stubEnv(name, undefined);
  vi.stubEnv('NX_SKIP_REMOTE_CACHE', undefined);
  vi.stubEnv('NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN', 'token');
  vi.stubEnv(variable, `http://${host}`);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  said.mockReset();
  asked.length = 0;
});

const look = async (): Promise<void> => {
  await preTasksExecution(undefined, { id: '', workspaceRoot: '', nxJsonConfiguration: {}, argv: [] });
};

test('a cache that has not what it is asked for is left alone', async () => {
  status = 404;
  await look();
  expect(asked).toEqual([['/v1/cache/0', 'Bearer token']]);
  expect([said.mock.calls, process.env[variable]]).toEqual([[], `http://${host}`]);
});

test.each([
  [401, 'does not accept the access token (401)'],
  [403, 'does not accept the access token (403)'],
  [503, 'is not well (503)'],
])('one that answers %i is not used in this run', async (answer, why) => {
  status = answer;
  await look();
  expect(said.mock.calls).toEqual([[`the remote cache at ${host} ${why}: this run goes on without it\n`]]);
  expect(process.env[variable]).toBe('');
});

test.each([
  ['NX_SKIP_REMOTE_CACHE', 'true'],
  ['HTTPS_PROXY', 'http://127.0.0.1:3128'],
  [variable, ''],
])('it is not asked with %s=%s', async (name, value) => {
  vi.stubEnv(name, value);
  await look();
  expect([asked, said.mock.calls]).toEqual([[], []]);
});
