import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  type Artifact,
  endProcesses,
  type Environment,
  type Instance,
  requiredKinds,
  type RunContext,
} from '@tare/environment';
import {
  commandLineOf,
  descendants,
  findProcess,
  findProgram,
  listProcesses,
  waitForHttp,
} from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeCertificates } from '../../fixtures/certificates.ts';
import { engineForTests, imageForTests, plainLaunch } from '../../fixtures/real-engine.ts';
import { removeImage } from '../image/images.ts';
import type { ImageRecord } from '../records.ts';
import { docker } from './docker.ts';

const script = `
import { createServer } from 'node:http';
createServer((request, reply) => {
  if (request.url === '/burn') for (const end = Date.now() + 20; Date.now() < end; );
  reply.end('{}');
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

const signal = AbortSignal.timeout(600_000);
const sshd = findProgram('sshd', `${process.env.PATH ?? ''}:/usr/sbin`);
if (sshd === undefined && requiredKinds().has('sshd'))
  throw new Error('TARE_REQUIRE names sshd, and it is not installed: apt-get install openssh-server');
if (sshd === undefined)
  process.stdout.write('tests with an engine by SSH skipped: apt-get install openssh-server\n');
const here = await engineForTests();
const canIsolate =
  process.getuid?.() === 0 && ['ip', 'nsenter', 'unshare', 'dockerd'].every((each) => findProgram(each));
if (!canIsolate)
  process.stdout.write('tests with an engine elsewhere skipped: they need root, iproute2 and dockerd\n');

/**
 * A machine of its own, as far as the network is concerned: a network namespace at the end of a cable, and an engine in it whose bridge and
 * folders are its own. Its mounts are gone when it ends.
 */
class OtherMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'tare-test-engine-'));
  readonly #namespace = `tare-test-${process.pid}`;
  readonly #cable = `tare${process.pid}`;
  readonly #net = `10.213.${process.pid % 250}`;
  readonly address = `${this.#net}.2`;
  readonly host = `tcp://${this.address}:2375`;
  /** The same engine's socket, on that machine. */
  readonly socket = join(this.folder, 'docker.sock');
  readonly certificates = join(this.folder, 'certificates');
  #engine: ChildProcess | undefined;

  connect(): void {
    const [namespace, cable, net] = [this.#namespace, this.#cable, this.#net];
    ip('netns', 'add', namespace);
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('addr', 'add', `${net}.1/30`, 'dev', cable);
    ip('link', 'set', cable, 'up');
    const inside = (...words: readonly string[]): void => {
      ip('-n', namespace, ...words);
    };
    inside('addr', 'add', `${this.address}/30`, 'dev', 'eth0');
    for (const [name, address] of [['eth0'], ['lo'], ['tare0', `${net}.129/25`]] as const) {
      if (address !== undefined) {
        inside('link', 'add', name, 'type', 'bridge');
        inside('addr', 'add', address, 'dev', name);
      }
      inside('link', 'set', name, 'up');
    }
  }

  async start({ tls = false } = {}): Promise<void> {
    const own = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'pid'].map((word) =>
      word.startsWith('--') ? word : join(this.folder, word),
    );
    // of one that was killed: Docker waits for a containerd whose process is a zombie
    for (const file of ['pid', 'exec/containerd/containerd.pid'])
      rmSync(join(this.folder, file), { force: true });
    const network = ['--bridge', 'tare0', '--iptables=false', '--ip-masq=false'];
    const secured = ['ca', 'cert', 'key'].map(
      (name) => `--tls${name}=${join(this.certificates, `${name}.pem`)}`,
    );
    const security = tls
      ? ['--tlsverify', ...secured.map((word) => word.replace('--tlsca=', '--tlscacert='))]
      : ['--tls=false'];
    const listen = ['--host', this.host, '--host', `unix://${this.socket}`, ...security];
    const daemon = ['dockerd', ...own, ...network, ...listen];
    this.#engine = this.run('unshare', '--mount', ...daemon);
    while (!(await docker({ host: this.host }).probe(signal)).usable) {
      if (this.#engine.exitCode !== null) throw new Error('the engine of the test does not start');
      await sleep(50);
    }
  }

  /** Starts a program there. */
  run(...words: readonly string[]): ChildProcess {
    return spawn('nsenter', [`--net=/run/netns/${this.#namespace}`, ...words], { stdio: 'ignore' });
  }

  async end(by: NodeJS.Signals): Promise<void> {
    const engine = this.#engine;
    if (engine?.exitCode !== null || engine.signalCode !== null) return;
    const gone = once(engine, 'exit');
    engine.kill(by);
    await gone;
  }

  /** Takes it away, with what an engine that was killed has left in it. */
  async remove(): Promise<void> {
    const isIts = ({ pid }: { readonly pid: number }): boolean =>
      commandLineOf(pid).join(' ').includes(this.folder);
    const left = listProcesses()
      .filter(isIts)
      .flatMap(({ pid }) => descendants(pid))
      .flatMap((pid) => findProcess(pid) ?? []);
    await endProcesses(left);
    try {
      ip('netns', 'del', this.#namespace);
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

/** The sshd of a machine, and an ssh on the PATH that knows it as "vega", by a key that was made for the test. */
class SshWay {
  readonly #folder: string;
  readonly #machine: OtherMachine;
  #sshd: ChildProcess | undefined;
  readonly #path = process.env.PATH;

  constructor(machine: OtherMachine, sshd: string) {
    this.#machine = machine;
    this.#folder = join(machine.folder, 'ssh');
    mkdirSync(this.#folder, { mode: 0o700 });
    const at = (name: string): string => join(this.#folder, name);
    for (const name of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
    const publicKey = (name: string): string => readFileSync(at(`${name}.pub`), 'utf8');
    writeFileSync(at('authorized'), publicKey('user'));
    writeFileSync(at('known'), `[${machine.address}]:2222 ${publicKey('host')}`);
    const server = {
      Port: 2222,
      ListenAddress: machine.address,
      HostKey: at('host'),
      AuthorizedKeysFile: at('authorized'),
      PidFile: at('pid'),
      PermitRootLogin: 'prohibit-password',
      PasswordAuthentication: 'no',
      StrictModes: 'no',
      UsePAM: 'no',
    };
    const client = {
      Host: 'vega',
      HostName: machine.address,
      Port: 2222,
      User: 'root',
      IdentityFile: at('user'),
      IdentitiesOnly: 'yes',
      UserKnownHostsFile: at('known'),
    };
    for (const [name, settings] of Object.entries({ sshd_config: server, ssh_config: client }))
      writeFileSync(
        at(name),
        Object.entries(settings)
          .map((pair) => pair.join(' '))
          .join('\n'),
      );
    const real = findProgram('ssh') ?? 'ssh';
    mkdirSync(at('bin'));
    writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec ${real} -F ${at('ssh_config')} "$@"\n`, { mode: 0o755 });
    // where it wants to shut itself in; a service of the system makes it
    mkdirSync('/run/sshd', { recursive: true });
    this.#sshd = machine.run(sshd, '-D', '-f', at('sshd_config'));
    process.env.PATH = `${at('bin')}:${this.#path ?? ''}`;
  }

  get host(): string {
    return `ssh://vega${this.#machine.socket}`;
  }

  /** Ends it with all connections. */
  async end(): Promise<void> {
    process.env.PATH = this.#path;
    await endProcesses(descendants(this.#sshd?.pid ?? 0).flatMap((pid) => findProcess(pid) ?? []));
  }
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

describe.skipIf(here === undefined || !canIsolate)('an engine on another machine', () => {
  if (here === undefined) return;
  const machine = new OtherMachine();
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  const told: string[] = [];
  const context: RunContext = {
    runId: randomUUID(),
    resources: { cpus: 1, memoryMiB: 200, serverCpus: [0], nodeArguments: [] },
    nodeBinary: process.execPath,
    nodeVersion: process.version,
    tell: (line) => told.push(line),
  };
  const { host } = machine;
  let artifact: Artifact;
  let record: ImageRecord;
  const environment = docker({ host, images: pathToFileURL(`${folder}/`) });

  beforeAll(async () => {
    ({ artifact, record } = await imageForTests(here.engine, folder, 'tare-test-remote', script, signal));
    machine.connect();
    await machine.start();
  });
  afterEach(async () => {
    await environment.dispose().catch(() => undefined);
    vi.unstubAllEnvs();
  });
  afterAll(async () => {
    await environment.reap(context.runId, signal);
    await machine.end('SIGTERM');
    await machine.remove();
    rmSync(folder, { recursive: true });
    await removeImage(here.engine, record.id, signal);
  });

  const start = async (one: Environment): Promise<Instance> => {
    const launch = plainLaunch(artifact, context);
    const instance = await one.start(launch, signal);
    const { url, spawnedAt: since } = instance;
    await waitForHttp({ url, since, intervalMs: 5, deadlineMs: 30_000, signal });
    return instance;
  };

  test('the image goes there as its archive, and the app is reached at a published port of that machine', async () => {
    expect(environment.name).toBe(`docker:${machine.address}`);
    const found = await environment.probe(signal);
    expect(found).toMatchObject({ usable: true, isolation: { path: 'published port of another machine' } });
    const facts = await environment.prepare(artifact, context, signal);
    expect(facts).toMatchObject({ imageId: record.id, host, transport: 'TCP without TLS' });
    await environment.prepare(artifact, context, signal);
    expect(told).toEqual([expect.stringMatching(/^docker:\S+: its engine is spoken to without TLS: /)]);
    const instance = await start(environment);
    expect(instance.url.hostname).toBe(machine.address);

    const { net, gross, notMetered } = await instance.meters();
    expect(gross).toBeUndefined();
    expect(notMetered).toContain('another machine');
    assert(net);
    const before = await net.read();
    // the engine reads once a second
    for (const until = performance.now() + 2400; performance.now() < until;)
      await fetch(new URL('/burn', instance.url));
    expect((await net.read()).cpuNs).toBeGreaterThan(before.cpuNs);

    await instance.stop();
    expect(await environment.reap(context.runId, signal)).toEqual([]);
  });

  test('where nobody has named it in the configuration, it is refused with the option as the remedy', async () => {
    const { DOCKER_HOST: former } = process.env;
    process.env.DOCKER_HOST = host;
    try {
      const found = await docker().probe(signal);
      expect(found.usable ? '' : found.reason).toContain('runs on another machine');
      expect(found.usable ? '' : found.remedy).toContain("docker({ host: 'tcp://…' })");
    } finally {
      delete process.env.DOCKER_HOST;
      if (former !== undefined) process.env.DOCKER_HOST = former;
    }
  });

  test('an address of that machine that it does not have is one line', async () => {
    const other = docker({ host, bind: '203.0.113.7', images: pathToFileURL(`${folder}/`) });
    await other.prepare(artifact, context, signal);
    await expect(start(other)).rejects.toThrow(/^the container did not start: .*203\.0\.113\.7/);
    await other.dispose();
  });

  test('an engine that vanishes ends the trial in a line, and is cleaned up when it is back', async () => {
    await environment.prepare(artifact, context, signal);
    const instance = await start(environment);
    await machine.end('SIGKILL');
    expect(await instance.ended).toMatch(
      new RegExp(`^the Docker engine at ${host} no longer answers for the container: [^\\n]+$`),
    );
    await expect(instance.stop()).rejects.toThrow(/^the container tare-\S+ could not be removed: [^\n]+$/);
    expect(await environment.probe(signal)).toMatchObject({
      reason: `no Docker engine at ${host} (ECONNREFUSED)`,
      remedy: 'Check the option host, and that an engine listens there.',
    });
    await machine.start();
    expect(await environment.reap(context.runId, signal)).toHaveLength(1);
  });
  test.skipIf(sshd === undefined)(
    'by SSH it is reached with the configuration and keys of this host, until the connection breaks',
    async () => {
      const way = new SshWay(machine, sshd ?? '');
      const bySsh = docker({ host: way.host, images: pathToFileURL(`${folder}/`) });
      try {
        expect(bySsh.name).toBe('docker:vega');
        await vi.waitFor(
          async () => expect(await bySsh.probe(signal)).toMatchObject({ usable: true }),
          10_000,
        );
        told.length = 0;
        expect(await bySsh.prepare(artifact, context, signal)).toMatchObject({
          imageId: record.id,
          host: way.host,
          transport: 'SSH',
          publishedOn: machine.address,
        });
        expect(told).toEqual([]);
        const instance = await start(bySsh);
        expect(instance.url.hostname).toBe(machine.address);
        await way.end();
        expect(await instance.ended).toMatch(
          /^the Docker engine at ssh:\/\/vega no longer answers for the container: [^\n]+$/,
        );
        await expect(instance.stop()).rejects.toThrow(/could not be removed: [^\n]+$/);
      } finally {
        await way.end();
        await bySsh.dispose().catch(() => undefined);
      }
      expect(
        listProcesses().filter(({ command, parentPid }) => command === 'ssh' && parentPid === process.pid),
      ).toEqual([]);
      expect(await environment.reap(context.runId, signal)).toHaveLength(1);
    },
  );

  test.skipIf(findProgram('openssl') === undefined)(
    'by TLS both ends show a certificate, and nobody is warned',
    async () => {
      await machine.end('SIGTERM');
      makeCertificates(machine.certificates, machine.address);
      vi.stubEnv('DOCKER_TLS_VERIFY', '1');
      vi.stubEnv('DOCKER_CERT_PATH', machine.certificates);
      await machine.start({ tls: true });
      const byTls = docker({ host, images: pathToFileURL(`${folder}/`) });
      told.length = 0;
      expect(await byTls.prepare(artifact, context, signal)).toMatchObject({ host, transport: 'TLS' });
      expect(told).toEqual([]);
      const instance = await start(byTls);
      expect(await (await fetch(instance.url)).text()).toBe('{}');
      await instance.stop();
      await byTls.dispose();

      const strangers = join(machine.folder, 'strangers');
      makeCertificates(strangers, machine.address);
      for (const variables of [{ DOCKER_CERT_PATH: strangers }, { DOCKER_TLS_VERIFY: '' }])
        for (const [name, value] of Object.entries(variables)) {
          vi.stubEnv(name, value);
          const refused = await docker({ host }).probe(signal);
          expect(refused.usable ? '' : refused.reason).toMatch(/^[^\n]*Docker engine at tcp:\/\/[^\n]+$/);
        }
    },
  );
});
