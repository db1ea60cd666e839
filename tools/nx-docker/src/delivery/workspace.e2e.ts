import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { choosePort } from '@tare/environment';
import { childEnvironment } from '@tare/metrics';
import { readRecord } from '@tare/nx-kit';
import { linkPackages } from '@tare/nx-kit/fixtures';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { canary, filesWith } from '../../../../canary.shared.ts';
import { engineForTests } from '../../fixtures/real-engine.ts';
import { removeImage } from '../image/images.ts';
import { imageRecordSchema } from '../records.ts';

const found = await engineForTests();
const nxProgram = createRequire(import.meta.url).resolve('nx/bin/nx.js');
const token = 'only-in-a-header';
// the server of the cache is on this machine
const withoutProxy = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/proxy$/i.test(name)),
);

describe.skipIf(found === undefined)('a workspace of two apps with images of their own', () => {
  const engine = found?.engine;
  if (engine === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  const origin = join(folder, 'origin');
  const content = `one ${folder}\n`;
  /** Of images that may be in the engine. */
  const names = new Set<string>();

  // the protocol of Nx's self-hosted remote cache: PUT and GET /v1/cache/{hash} with a token
  const artifacts = new Map<string, Buffer>();
  let altered: ((artifact: Buffer) => Buffer) | undefined;
  const server = createServer((request, response) => {
    void buffer(request).then((sent) => {
      const { method, url = '', headers } = request;
      const kept = artifacts.get(url);
      const refuse = (status: number): unknown =>
        response.writeHead(status, { 'content-type': 'text/plain' }).end('no');
      if (headers.authorization !== `Bearer ${token}`) return refuse(401);
      if (method === 'GET') return kept === undefined ? refuse(404) : response.end(altered?.(kept) ?? kept);
      if (kept !== undefined) return refuse(409);
      artifacts.set(url, sent);
      return response.end();
    });
  });
  let address = '';

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const write = (path: string, what: string | object): void => {
      mkdirSync(dirname(join(origin, path)), { recursive: true });
      writeFileSync(join(origin, path), typeof what === 'string' ? what : JSON.stringify(what));
    };
    for (const app of ['one', 'two']) {
      write(`apps/${app}/project.json`, { name: app });
      write(`apps/${app}/Dockerfile`, 'FROM scratch\nCOPY app /app\nEXPOSE 8000\nENTRYPOINT ["/app"]\n');
      write(`apps/${app}/app`, app === 'one' ? content : 'two\n');
    }
    write('package.json', { name: 'shop', private: true });
    write('nx.json', {
      analytics: false,
      neverConnectToCloud: true,
      defaultBase: 'main',
      cacheDirectory: '.nx/cache',
      plugins: [{ plugin: '@tare/nx-docker/plugin', options: { ownDockerfiles: true } }],
    });
    write('.gitignore', 'node_modules\ndist\n.nx\n');
    git(origin, 'init', '--quiet', '--initial-branch=main');
    git(origin, 'add', '.');
    git(origin, 'commit', '--quiet', '--message=shop');
  });
  afterEach(() => {
    altered = undefined;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    for (const name of names) await removeImage(engine, name, AbortSignal.timeout(60_000));
    rmSync(folder, { recursive: true });
  });

  let clones = 0;
  const clone = async (): Promise<string> => {
    const root = join(folder, `clone-${(clones += 1)}`);
    git(folder, 'clone', '--quiet', origin, root);
    await linkPackages(root);
    return root;
  };

  /** Runs Nx as on a machine of its own: nothing that another checkout has cached is there. */
  async function nx(root: string, words: readonly string[], variables: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [nxProgram, ...words, '--outputStyle=static'], {
      cwd: root,
      env: {
        ...childEnvironment({}, withoutProxy),
        PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
        XDG_CACHE_HOME: join(root, '.nx/user'),
        NX_DAEMON: 'false',
        NX_ISOLATE_PLUGINS: 'false',
        NX_SELF_HOSTED_REMOTE_CACHE_SERVER: address,
        NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await closed) as [number];
    const recorded = join(root, 'dist/docker/one/image.json');
    if (existsSync(recorded)) {
      const { id, tag } = readRecord(recorded, imageRecordSchema, '');
      names.add(id).add(tag);
    }
    return { code, output: stripVTControlCharacters(stdout + stderr) };
  }

  const push = ['run', 'one:docker-push', '--registry=ghcr.io', '--dryRun'];
  const digestIn = (output: string): string | undefined =>
    /would push ghcr\.io\/\w+@(sha256:\w{64})/.exec(output)?.[1];

  test('a second checkout gets the image of the first from a remote cache without any secret, and would push the same digest', async () => {
    // of an attempt before
    artifacts.clear();
    const [one, other] = [await clone(), await clone()];
    const variables = {
      ...{ DOCKER_USERNAME: 'pusher', DOCKER_PASSWORD: canary, DEPLOY_WEBHOOK_SECRET: canary },
      DEPLOY_WEBHOOK_URL: `https://deploy.example/${canary}`,
    };
    const first = await nx(one, push, variables);
    expect(first.output).toMatch(/one:docker-build\n/);
    const second = await nx(other, push, variables);
    expect(second.output).toContain('would tell the webhook at deploy.example');
    expect(artifacts.size).toBeGreaterThan(0);
    const kept = [...artifacts.values()].map((artifact) => gunzipSync(artifact).toString('latin1'));
    for (const secret of [canary, token]) {
      expect([first.output, second.output, ...kept].filter((text) => text.includes(secret))).toEqual([]);
      expect([one, other].flatMap((root) => filesWith(secret, root))).toEqual([]);
    }
    expect(second.output).toMatch(/one:docker-build {2}\[remote cache\]/);
    expect([second.code, digestIn(second.output)]).toEqual([0, digestIn(first.output) ?? 'none']);
    for (const file of ['image.json', 'image.tar', 'sbom.cdx.json'].map((name) => `dist/docker/one/${name}`))
      expect(readFileSync(join(other, file)).equals(readFileSync(join(one, file))), file).toBe(true);
  });

  test('what comes damaged is not used', async () => {
    const root = await clone();
    altered = (artifact) => artifact.subarray(0, artifact.length / 2);
    const { code } = await nx(root, push);
    expect([code, existsSync(join(root, 'dist/docker/one/image.json'))]).toEqual([1, false]);
  });

  /** Alters an artifact that stays a sound archive: a text stands in the place of another, wherever that is. */
  const altering = (from: string, to: string) => (artifact: Buffer) => {
    const archive = gunzipSync(artifact).toString('latin1');
    return gzipSync(Buffer.from(archive.replaceAll(from, to), 'latin1'));
  };

  test('an altered layer is not pushed', async () => {
    const root = await clone();
    altered = altering(content, content.replace('one', 'bad'));
    const { code, output } = await nx(root, push);
    expect(output).toMatch(/image\.tar holds another layer than it names .*--skipNxCache/);
    expect(code).toBe(1);
  });

  test('an image with an altered configuration is not run', async () => {
    const root = await clone();
    altered = altering('"Entrypoint":["/app"]', '"Entrypoint":["/bad"]');
    for (const name of names) await removeImage(engine, name, AbortSignal.timeout(60_000));
    const { output } = await nx(root, ['run', 'one:docker-run', '--port=0', '--health=none']);
    expect(output).toMatch(/image\.tar does not hold the image tare\/one:.*--skipNxCache/);
  });

  test('without its server a run says so in a line, and builds', async () => {
    const root = await clone();
    const host = `127.0.0.1:${await choosePort()}`;
    // as Nx runs plugins by default
    const variables = { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `http://${host}`, NX_ISOLATE_PLUGINS: 'true' };
    const { code, output } = await nx(root, push, variables);
    expect(output).toContain(
      `the remote cache at ${host} does not answer (ECONNREFUSED): this run goes on without it\n`,
    );
    expect([code, digestIn(output)]).toEqual([0, expect.any(String)]);
  });

  test('nx affected -t docker-push --dryRun names only what a change touches', async () => {
    const root = await clone();
    writeFileSync(join(root, 'apps/two/app'), 'changed\n');
    git(root, 'commit', '--quiet', '--all', '--message=two');
    const words = ['affected', '-t', 'docker-push', '--base=HEAD~1', '--registry=ghcr.io', '--dry-run'];
    const { code, output } = await nx(root, words);
    names.add(readRecord(join(root, 'dist/docker/two/image.json'), imageRecordSchema, '').id);
    expect(code, output).toBe(0);
    expect([...output.matchAll(/would push (\S+)@/g)].map(([, name]) => name)).toEqual(['ghcr.io/two']);
    expect(output).not.toMatch(/\bone\b/);
  });
});

function git(cwd: string, ...words: readonly string[]): void {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], {
    cwd,
    env: childEnvironment(),
    stdio: 'ignore',
  });
}
