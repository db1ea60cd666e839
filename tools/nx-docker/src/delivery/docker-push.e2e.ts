import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request as send } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from 'node:https';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { requiredKinds } from '@tare/environment';
import { childEnvironment, findProgram, waitForConnection } from '@tare/metrics';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { canary, filesWith, watchCommandLines } from '../../../../canary.shared.ts';
import { writeRecord } from '@tare/nx-kit';
import { makeCertificates } from '../../fixtures/certificates.ts';
import { engineForTests } from '../../fixtures/real-engine.ts';
import dockerPush from '../executors/docker-push/executor.ts';
import { contextOfFolder } from '../image/build-context.ts';
import { bakeImage } from '../image/build-image.ts';
import { readImageContents } from '../image/image-contents.ts';
import { removeImage } from '../image/images.ts';
import type { ImageRecord } from '../records.ts';
import { imageSbom } from './sbom.ts';
import { signatureOf } from './webhook.ts';

const found = await engineForTests();
const program = findProgram('docker-registry');
if (program === undefined && requiredKinds().has('docker-registry'))
  throw new Error(
    'TARE_REQUIRE names docker-registry, and it is not installed: apt-get install docker-registry',
  );
if (program === undefined)
  process.stdout.write('tests with a real registry skipped: apt-get install docker-registry\n');

// another one each time, so that what is found of it is of this test
const password = randomBytes(18).toString('hex');
const salt = `$2b$05$${randomBytes(11).toString('hex')}`;
const hash = ['-e', 'my $word = <STDIN>; print crypt($word, $ARGV[0])', salt];
const htpasswd = `pusher:${execFileSync('perl', hash, { input: password }).toString()}`;
const project = `tare-test-${process.pid}`;
const signal = AbortSignal.timeout(120_000);

describe.skipIf(found === undefined || program === undefined)('pushed to a real registry', () => {
  const engine = found?.engine;
  if (engine === undefined || program === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  let host = '';
  const registries: ChildProcess[] = [];
  let clones = 0;
  const images: string[] = [];
  const output: string[] = [];

  beforeAll(async () => {
    writeFileSync(join(folder, 'htpasswd'), `${htpasswd}\n`);
    host = await serve('registry');
    const origin = join(folder, 'origin');
    mkdirSync(origin);
    writeFileSync(join(origin, 'Dockerfile'), 'FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n');
    writeFileSync(join(origin, 'app'), 'app\n');
    writeFileSync(join(origin, '.gitignore'), 'dist\n');
    git(origin, 'init', '--quiet', '--initial-branch=main');
    git(origin, 'add', '.');
    git(origin, 'commit', '--quiet', '--message=app');
  });
  afterAll(async () => {
    for (const registry of registries) {
      const ended = once(registry, 'exit');
      if (registry.kill()) await ended;
    }
    for (const image of images) await removeImage(engine, image, signal);
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    output.length = 0;
  });

  /** Starts a registry. @returns its host and port. */
  async function serve(name: string, security: object = {}): Promise<string> {
    const address = `127.0.0.1:${await freePort()}`;
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder, name) } },
      http: { addr: address, secret: 'x', ...security },
      auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
    };
    // JSON is YAML
    writeFileSync(join(folder, `${name}.yml`), JSON.stringify(config));
    registries.push(
      spawn(program ?? '', ['serve', join(folder, `${name}.yml`)], {
        stdio: 'ignore',
        env: childEnvironment(),
      }),
    );
    const [hostname = '', port] = address.split(':');
    const deadlineMs = 20_000;
    const since = process.hrtime.bigint();
    await waitForConnection({
      url: new URL(`http://${hostname}:${port}/`),
      since,
      intervalMs: 50,
      deadlineMs,
      signal,
    });
    return address;
  }

  /** A fresh clone with its image, built by the engine at a time of its own. */
  const clone = async (): Promise<{ readonly root: string; readonly record: ImageRecord }> => {
    const root = join(folder, `clone-${(clones += 1)}`);
    git(folder, 'clone', '--quiet', join(folder, 'origin'), root);
    const build = {
      context: contextOfFolder(root, join(root, 'Dockerfile')),
      arguments: {},
      builder: 'legacy' as const,
    };
    const out = join(root, 'dist/docker', project);
    const record = await bakeImage(
      engine,
      { project, build, out, artifactSha256: null, base: null, former: undefined },
      signal,
    );
    const bill = imageSbom(project, await readImageContents(join(out, 'image.tar')), undefined);
    await writeRecord(join(out, 'sbom.cdx.json'), bill);
    // the next build finds nothing of this one
    await removeImage(engine, record.id, signal);
    return { root, record };
  };

  /** Runs the executor as Nx does; what it writes goes to `output`. */
  async function push(root: string, options: object = {}): Promise<boolean> {
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        output.push(String(text));
        return true;
      });
    }
    const context = {
      root,
      cwd: root,
      projectName: project,
      isVerbose: false,
      projectsConfigurations: { version: 2, projects: {} },
      nxJsonConfiguration: {},
      projectGraph: { nodes: {}, dependencies: {} },
    };
    const given = { out: `dist/docker/${project}`, registry: host, namespace: 'Acme', ...options };
    const { success } = await dockerPush(given, context);
    vi.restoreAllMocks();
    return success;
  }

  const asPusher = (): void => {
    vi.stubEnv('DOCKER_USERNAME', 'pusher');
    vi.stubEnv('DOCKER_PASSWORD', password);
  };
  const digestIn = (root: string): unknown =>
    (JSON.parse(readFileSync(join(root, 'dist/docker', project, 'push.json'), 'utf8')) as { digest: unknown })
      .digest;
  const ask = async (path: string): Promise<unknown> => {
    const authorization = `Basic ${Buffer.from(`pusher:${password}`).toString('base64')}`;
    const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
    const answer = await fetch(`http://${host}/v2/acme/${path}`, { headers: { authorization, accept } });
    return answer.json();
  };
  const listTags = async (image = project): Promise<unknown> =>
    ((await ask(`${image}/tags/list`)) as { tags: unknown }).tags;

  test('two fresh clones of a commit push the same digest, with the layer sent once and the password nowhere', async () => {
    const [one, other] = [await clone(), await clone()];
    expect(one.record.id).not.toBe(other.record.id);
    const image = `app-${clones}`;
    const sha = git(one.root, 'rev-parse', 'HEAD').trim();
    asPusher();
    const watch = watchCommandLines(password);
    expect(await push(one.root, { image }), output.join('')).toBe(true);
    expect(output.join('')).toMatch(
      /pushed 127\.0\.0\.1:\d+\/acme\/app-\d+@sha256:\w{64} as .*, main, latest\n1 layers?, .*sent 1/,
    );
    expect(await push(other.root, { image }), output.join('')).toBe(true);
    expect(output.join('')).toContain('all were there');
    expect(watch.end().seen).toEqual([]);
    expect(digestIn(other.root)).toBe(digestIn(one.root));
    expect(await listTags(image)).toEqual(expect.arrayContaining([sha, sha.slice(0, 12), 'main', 'latest']));
    expect(filesWith(password, folder)).toEqual([]);
    expect(output.join('')).not.toContain(password);
  });

  test.skipIf(findProgram('openssl') === undefined)(
    'over TLS it goes to a registry whose authority is known, and comes back as it was sent',
    async () => {
      const { root } = await clone();
      const certificates = join(folder, 'certificates');
      makeCertificates(certificates, '127.0.0.1');
      const [ca, certificate, key] = ['ca', 'cert', 'key'].map((name) => join(certificates, `${name}.pem`));
      const registry = await serve('secured', { tls: { certificate, key } });
      const secrets = { DOCKER_USERNAME: 'pusher', DOCKER_PASSWORD: password };
      const refused = await pushInTask(root, registry, secrets);
      expect(refused).toEqual({
        success: false,
        said: `the registry ${registry} has a certificate that is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE): name its authority in NODE_EXTRA_CA_CERTS\n`,
      });
      const pushed = await pushInTask(root, registry, { ...secrets, NODE_EXTRA_CA_CERTS: ca });
      expect(pushed, pushed.said).toMatchObject({ success: true });
      expect(pushed.said).not.toContain(password);
      const bytes = await new Promise<Buffer>((resolve, reject) => {
        const path = `/v2/acme/${project}/manifests/${String(digestIn(root))}`;
        const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
        const options = { ca: readFileSync(ca ?? ''), auth: `pusher:${password}`, headers };
        get(`https://${registry}${path}`, options, (reply) => void buffer(reply).then(resolve, reject)).on(
          'error',
          reject,
        );
      });
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digestIn(root));
    },
  );

  /** Pushes in a process of its own, as the packages do: Node reads the authorities when it starts. */
  async function pushInTask(root: string, registry: string, variables: NodeJS.ProcessEnv) {
    const nxKit = fileURLToPath(import.meta.resolve('@tare/nx-kit'));
    const child = spawn(process.execPath, [join(nxKit, '../on-locked-node-process.ts')], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...childEnvironment(), ...variables },
    });
    const streams = [child.stdout, child.stderr].map((stream) =>
      stream === null ? Promise.resolve('') : text(stream),
    );
    const output = Promise.all(streams);
    const answer = once(child, 'message') as Promise<[{ readonly success: boolean }]>;
    const module = pathToFileURL(join(import.meta.dirname, '../executors/docker-push/executor.ts')).href;
    const options = { out: `dist/docker/${project}`, registry, namespace: 'Acme' };
    child.send({ module, options, context: { root, projectName: project } });
    const [{ success }] = await answer;
    child.disconnect();
    return { success, said: (await output).join('') };
  }

  test('the SBOM is attached to the image, once for a commit, and found by its digest without a referrers API', async () => {
    const [one, other] = [await clone(), await clone()];
    const image = `billed-${clones}`;
    asPusher();
    expect(await push(one.root, { image }), output.join('')).toBe(true);
    expect(output.at(-1)).toMatch(/^attached SBOM sha256:\w{64}, 0 components\n$/);
    expect(await push(other.root, { image }), output.join('')).toBe(true);
    const digest = String(digestIn(one.root));
    const index = (await ask(`${image}/manifests/${digest.replace(':', '-')}`)) as {
      manifests: readonly { artifactType: string; digest: string }[];
    };
    expect(index.manifests).toHaveLength(1);
    const [{ artifactType, digest: attached } = { artifactType: '', digest: '' }] = index.manifests;
    expect(artifactType).toBe('application/vnd.cyclonedx+json');
    const manifest = (await ask(`${image}/manifests/${attached}`)) as {
      subject: { digest: string };
      layers: readonly { mediaType: string; digest: string }[];
    };
    expect(manifest.subject.digest).toBe(digest);
    const bill = await ask(`${image}/blobs/${manifest.layers[0]?.digest ?? ''}`);
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { version: git(one.root, 'rev-parse', 'HEAD').trim() } },
    });
    expect(await push(one.root, { image: `${image}-off`, sbom: false }), output.join('')).toBe(true);
    expect(await listTags(`${image}-off`)).not.toContain(digest.replace(':', '-'));
  });

  test('a registry with a referrers API lists the SBOM itself, and gets no tag for it', async () => {
    const { root } = await clone();
    const image = `listed-${clones}`;
    const listed: string[] = [];
    // Debian's registry has no such API: this adds what OCI Distribution Specification 1.1 asks for, "Pushing Manifests with Subject"
    const front = createHttpServer((request, response) => {
      const { method = '', url, headers } = request;
      void buffer(request).then((sent) => {
        const [hostname, port] = host.split(':');
        const forwarded = send({ hostname, port, method, path: url, headers }, (answer) => {
          const isKept = method === 'PUT' && answer.statusCode === 201;
          const subject =
            isKept && headers['content-type']?.includes('manifest') ? subjectIn(sent) : undefined;
          if (subject !== undefined) listed.push(subject);
          const added = subject === undefined ? {} : { 'oci-subject': subject };
          response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...added });
          answer.pipe(response);
        });
        forwarded.end(sent);
      });
    }).listen(0, '127.0.0.1');
    try {
      await once(front, 'listening');
      const registry = `127.0.0.1:${(front.address() as AddressInfo).port}`;
      asPusher();
      expect(await push(root, { image, registry }), output.join('')).toBe(true);
      expect(output.at(-1)).toMatch(/^attached SBOM sha256:\w{64}/);
      const digest = String(digestIn(root));
      expect(listed).toEqual([digest]);
      expect(await listTags(image)).not.toContain(digest.replace(':', '-'));
    } finally {
      front.close();
    }
  });

  test('the engine pulls it back by its digest, with its labels; docker login is enough to push', async () => {
    const { root } = await clone();
    const env = { ...childEnvironment(), DOCKER_CONFIG: join(folder, 'docker-config') };
    const docker = (words: readonly string[], input = ''): string =>
      execFileSync('docker', words, { env, input, stdio: ['pipe', 'pipe', 'ignore'] }).toString();
    docker(['login', '--username=pusher', '--password-stdin', host], password);
    vi.stubEnv('DOCKER_CONFIG', env.DOCKER_CONFIG);
    try {
      expect(await push(root, { tags: 'sha' }), output.join('')).toBe(true);
      const reference = `${host}/acme/${project}@${String(digestIn(root))}`;
      docker(['pull', '--quiet', reference]);
      const [{ Id: id, Created: created, Config: config }] = JSON.parse(
        docker(['image', 'inspect', reference]),
      ) as [{ Id: string; Created: string; Config: { Labels: unknown; Entrypoint: unknown } }];
      images.push(id);
      expect(config.Entrypoint).toEqual(['/app']);
      expect(config.Labels).toEqual({
        'org.opencontainers.image.created': created,
        'org.opencontainers.image.revision': git(root, 'rev-parse', 'HEAD').trim(),
      });
    } finally {
      rmSync(env.DOCKER_CONFIG, { recursive: true, force: true });
    }
  });

  test('a version stays what it is, and a dirty tree is none', async () => {
    const { root } = await clone();
    asPusher();
    git(root, 'tag', 'v1.2.3');
    expect(await push(root), output.join('')).toBe(true);
    expect(await listTags()).toContain('1.2.3');
    git(root, 'commit', '--quiet', '--allow-empty', '--message=b');
    git(root, 'tag', '--force', 'v1.2.3');
    expect(await push(root)).toBe(false);
    expect(output.at(-1)).toMatch(/:1\.2\.3 is another image already .*a version does not change/);
    writeFileSync(join(root, 'app'), 'changed\n');
    expect(await push(root)).toBe(false);
    expect(output.at(-1)).toMatch(/^1\.2\.3 would stand for what is in no commit \(app changed\)/);
  });

  test('nothing is sent without the right password, in a dry run, or without an image', async () => {
    const { root } = await clone();
    vi.stubEnv('DOCKER_USERNAME', 'pusher');
    vi.stubEnv('DOCKER_PASSWORD', 'wrong');
    expect(await push(root, { image: 'refused' })).toBe(false);
    expect(output.at(-1)).toMatch(
      /^the registry \S+ does not accept pusher \(DOCKER_PASSWORD\) \(401\); give other/,
    );
    expect(await push(root, { image: 'refused', dryRun: true }), output.join('')).toBe(true);
    expect(output.join('')).toMatch(
      /would push \S+\/acme\/refused@sha256:\w{64} \(1 layer, .*\) as .*, main, latest\nwould attach SBOM/,
    );
    expect(existsSync(join(folder, 'registry/docker/registry/v2/repositories/acme/refused'))).toBe(false);
    rmSync(join(root, 'dist/docker', project, 'image.tar'));
    expect(await push(root)).toBe(false);
    expect(output.at(-1)).toMatch(/image\.tar is missing, so nothing is pushed/);
  });

  test('a webhook is told with the digest, and fails the push only where that is asked for', async () => {
    const { root } = await clone();
    asPusher();
    const bodies: string[] = [];
    const receiver = createHttpServer((request, response) => {
      void text(request).then((body) => {
        const isRight = request.headers['x-tare-signature-256'] === signatureOf(body, canary);
        bodies.push(body);
        response.writeHead(isRight ? 202 : 401).end();
      });
    }).listen(0, '127.0.0.1');
    try {
      await once(receiver, 'listening');
      const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${canary}`;
      vi.stubEnv('DEPLOY_WEBHOOK_URL', webhook);
      vi.stubEnv('DEPLOY_WEBHOOK_SECRET', canary);
      const watch = watchCommandLines(canary);
      expect(await push(root), output.join('')).toBe(true);
      expect(output.at(-1)).toMatch(/^the webhook at 127\.0\.0\.1:\d+ has accepted it\n$/);
      expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject({
        event: 'publish',
        digest: digestIn(root),
        ref: 'refs/heads/main',
      });
      vi.stubEnv('DEPLOY_WEBHOOK_SECRET', `not-${canary}`);
      expect(await push(root, { webhook })).toBe(true);
      expect(output.at(-1)).toMatch(/refuses it \(401\)\. The image is pushed all the same\n$/);
      expect(await push(root, { webhook, webhookRequired: true })).toBe(false);
      expect(watch.end().seen).toEqual([]);
      expect(output.join('')).not.toContain(canary);
      expect(filesWith(canary, folder)).toEqual([]);
    } finally {
      receiver.close();
    }
  });
});

function git(cwd: string, ...words: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], {
    cwd,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
}

function subjectIn(manifest: Buffer): string | undefined {
  return (JSON.parse(manifest.toString()) as { subject?: { digest: string } }).subject?.digest;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
