import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { Credentials } from './credentials.ts';
import { openRepository, type Repository } from './registry.ts';

const signal = AbortSignal.timeout(60_000);
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that answers as a registry might that is not well. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ann: Credentials = {
  username: 'ann',
  password: 'hush',
  isIdentityToken: false,
  from: 'DOCKER_PASSWORD',
};
const lines: string[] = [];
const open = (host: string, credentials?: Credentials): Promise<Repository> => {
  lines.length = 0;
  const retrying = { tell: (line: string) => lines.push(line), sleep: () => Promise.resolve() };
  return openRepository({ host, plain: undefined, repository: 'acme/api' }, credentials, retrying, signal);
};
const blob = {
  digest: `sha256:${'0'.repeat(64)}`,
  sizeBytes: 8 * 2 ** 20,
  body: () => Promise.resolve(new Blob([Buffer.alloc(8 * 2 ** 20)])),
};

/** A registry up to the layer itself, which `take` gets. */
const registry =
  (take: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url === '/v2/') return void response.end('{}');
    if (request.method === 'HEAD') return void response.writeHead(404).end();
    if (request.method === 'POST') return void response.writeHead(202, { location: '/upload?state=1' }).end();
    take(request, response);
  };

test('a layer is sent whole, with its length and its digest', async () => {
  let seen: { readonly request: IncomingMessage; readonly length: number } | undefined;
  const host = await serve(
    registry((request, response) => {
      void buffer(request).then(({ length }) => {
        seen = { request, length };
        response.writeHead(201).end();
      });
    }),
  );
  expect(await (await open(host)).upload(blob)).toBe(true);
  expect(seen?.request.url).toBe(`/upload?state=1&digest=${encodeURIComponent(blob.digest)}`);
  expect(seen?.request.headers['content-length']).toBe(String(blob.sizeBytes));
  expect(seen?.length).toBe(blob.sizeBytes);
});

test('a registry that is not well for a while gets the layer later', async () => {
  let attempts = 0;
  const host = await serve(
    registry((request, response) => {
      attempts += 1;
      request.resume().once('end', () => response.writeHead(attempts < 3 ? 503 : 201).end());
    }),
  );
  expect(await (await open(host)).upload(blob)).toBe(true);
  expect(lines).toEqual([
    `the registry ${host} is not well (503); trying again in 1 s (2 of 5)`,
    `the registry ${host} is not well (503); trying again in 2 s (3 of 5)`,
  ]);
});

test('one that breaks off each time is given up', async () => {
  const host = await serve(registry((request) => request.destroy()));
  await expect((await open(host)).upload(blob)).rejects.toThrow(`the registry ${host} broke off PUT (`);
  expect(lines).toHaveLength(4);
});

test('one that takes no large layers says so before it has read all', async () => {
  const host = await serve(
    registry((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('<html>413</html>');
    }),
  );
  await expect((await open(host)).upload(blob)).rejects.toThrow(
    `the registry ${host} takes nothing as large as a layer of 8.0 MiB (413): raise its limit`,
  );
});

test('where nothing listens, a line says so after the last attempt', async () => {
  const host = await serve(() => undefined);
  const [server] = servers.splice(0);
  await new Promise((resolve) => server?.close(resolve));
  await expect(open(host)).rejects.toThrow(`there is no registry at ${host} (ECONNREFUSED)`);
  expect(lines).toHaveLength(4);
});

test.each([
  [401, undefined, /asks who pushes: set DOCKER_USERNAME and DOCKER_PASSWORD, or run docker login/],
  [
    401,
    ann,
    /does not accept ann \(DOCKER_PASSWORD\) \(401: UNAUTHORIZED, go away\); give other credentials/,
  ],
  [403, ann, /does not let ann \(DOCKER_PASSWORD\) push to acme\/api \(403: UNAUTHORIZED, go away\)/],
  [400, ann, /refuses to set the tag latest \(400: UNAUTHORIZED, go away\)/],
  [307, ann, /leads elsewhere when asked to set the tag latest/],
])('%s is told in a line, without the password', async (status, credentials, line) => {
  const host = await serve((request, response) => {
    if (request.url === '/v2/') return void response.end('{}');
    const headers = { 'www-authenticate': 'Basic realm="test"', location: 'https://elsewhere.example/' };
    const body = JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'go away' }] });
    request.resume().once('end', () => response.writeHead(status, headers).end(body));
  });
  const manifest = { bytes: Buffer.from('{}'), mediaType: 'x', digest: 'sha256:0' };
  const failing = open(host, credentials).then((repository) => repository.put('latest', manifest));
  await expect(failing).rejects.toThrow(line);
  await expect(failing).rejects.not.toThrow('hush');
  await expect(failing).rejects.not.toThrow('\n');
});

/** A registry whose tokens another service gives, as most do. */
async function serveWithTokens(asked: (request: IncomingMessage, body: string) => void): Promise<string> {
  const tokens = await serve((request, response) => {
    void buffer(request).then((body) => {
      asked(request, body.toString());
      response.end('{"token":"abc"}');
    });
  });
  return serve((request, response) => {
    if (request.url === '/v2/') return void response.end('{}');
    const isKnown = request.headers.authorization === 'Bearer abc';
    const challenge = {
      'www-authenticate': `Bearer realm="http://${tokens}/token",service="here",scope="x"`,
    };
    response
      .writeHead(isKnown ? 200 : 401, isKnown ? { 'docker-content-digest': 'sha256:1' } : challenge)
      .end();
  });
}

test('a token is fetched with the password in a header', async () => {
  let seen: IncomingMessage | undefined;
  const host = await serveWithTokens((request) => (seen = request));
  expect(await (await open(host, ann)).digestOf('latest')).toBe('sha256:1');
  expect(seen?.url).toBe('/token?service=here&scope=repository%3Aacme%2Fapi%3Apull%2Cpush');
  expect(seen?.headers.authorization).toBe(`Basic ${Buffer.from('ann:hush').toString('base64')}`);
});

test('an identity token is exchanged for one in the body of a request', async () => {
  let seen = '';
  const host = await serveWithTokens((_request, body) => (seen = body));
  await (await open(host, { ...ann, isIdentityToken: true })).digestOf('latest');
  expect(Object.fromEntries(new URLSearchParams(seen))).toMatchObject({
    grant_type: 'refresh_token',
    refresh_token: 'hush',
  });
});
