import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  descendants,
  findProcess,
  namespacedPid,
  processesInReach,
  processesWithVariable,
  waitForHttp,
} from '@tare/metrics';
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { requiredKinds, type Availability, type Instance, type Launch } from './contract.ts';
import { bubblewrap } from './bubblewrap.ts';
import { namespace } from './namespace.ts';
import { native } from './native.ts';
import { nspawn } from './nspawn.ts';
import { runVariable, thisRunner } from './run-marks.ts';

const script = `
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { readdirSync, writeFileSync } from 'node:fs';
const server = createServer((request, reply) => {
  const cpuUs = () => { const { user, system } = process.cpuUsage(); return user + system; };
  if (request.url === '/burn') { const until = cpuUs() + 300_000; while (cpuUs() < until); }
  const found = process.env.DATA && readdirSync(process.env.DATA);
  if (found && request.url !== '/') writeFileSync(process.env.DATA + request.url, 'x'.repeat(1 << 20));
  reply.end(JSON.stringify({ folder: process.env.DATA, found, pid: process.pid, variables: Object.keys(process.env).sort(), hostname: hostname(), execArgv: process.execArgv }));
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening on ' + process.env.HOST));
process.on('SIGTERM', () => process.exit(0));
if (process.env.CRASH) throw new Error('the reason of the crash');
`;

const never = new AbortController().signal;
const runId = `test-${process.pid}`;
let folder: string;
let launch: Launch;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-environment-'));
  const path = join(folder, 'main.mjs');
  await writeFile(path, script);
  const bytes = await readFile(path);
  launch = {
    artifact: {
      kind: 'node',
      workload: 'test',
      path,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
    },
    context: {
      runId,
      nodeBinary: process.execPath,
      nodeVersion: process.version,
      resources: {
        cpus: 1,
        memoryMiB: 256,
        serverCpus: undefined,
        nodeArguments: ['--max-old-space-size=128'],
      },
    },
    variables: { FLAVOUR: 'plain' },
    healthPath: '/',
    port: undefined,
    round: undefined,
    cold: false,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ready(instance: Instance): Promise<void> {
  await instance.started;
  await waitForHttp({
    url: instance.url,
    since: instance.spawnedAt,
    intervalMs: 1,
    deadlineMs: 10_000,
    signal: never,
  });
}

/** By the names in /proc/PID/ns, in the order of those that {@link Isolation} has. */
const namespacesOfProc = {
  cgroup: 'cgroup',
  ipc: 'ipc',
  mnt: 'mount',
  net: 'network',
  pid: 'pid',
  user: 'user',
  uts: 'uts',
};

const isNoMark = (name: string): boolean => !name.startsWith('TARE_');

type Reply = {
  folder?: string;
  found?: string[];
  pid: number;
  variables: string[];
  hostname: string;
  execArgv: string[];
};
const ask = async (instance: Instance, path = '/'): Promise<Reply> =>
  (await (await fetch(new URL(path, instance.url))).json()) as Reply;

const environments = [native(), namespace(), bubblewrap(), nspawn()];
const availability = new Map(
  await Promise.all(environments.map(async (each) => [each.name, await each.probe(never)] as const)),
);
const isUsable = (name: string): boolean => availability.get(name)?.usable === true;

describe.each(environments)('$name', (environment) => {
  const found = availability.get(environment.name);
  const reason = found?.usable === false ? found.reason : undefined;
  const test = it.skipIf(reason !== undefined);
  if (reason !== undefined && requiredKinds().has(environment.kind)) {
    throw new Error(`TARE_REQUIRE names ${environment.kind}, and it is not usable here: ${reason}`);
  }
  if (reason !== undefined) it.skip(`is not usable here: ${reason}`);

  test('serves the artifact with a minimal environment and the same node arguments', async () => {
    vi.stubEnv('OF_THE_RUNNER', '1');
    const instance = await environment.start(launch, never);
    try {
      await ready(instance);
      const reply = await ask(instance);
      expect(reply.variables).toEqual(expect.arrayContaining(['FLAVOUR', 'HOST', 'NODE_ENV', 'PORT']));
      // this process has it, and the app must not
      expect(reply.variables).not.toContain('OF_THE_RUNNER');
      if (environment.kind === 'native') expect(reply.variables.filter(isNoMark)).toHaveLength(4);
      expect(reply.execArgv).toEqual(['--max-old-space-size=128']);
      const milestones = await instance.milestones();
      expect(milestones.map(({ name }) => name)).toEqual(['process', 'listening']);
    } finally {
      await instance.stop();
    }
  });

  test('keeps apart what its probe says, and nothing else', async () => {
    const instance = await environment.start(launch, never);
    try {
      await ready(instance);
      const { pid } = await ask(instance);
      const app = processesInReach().find(
        (each) => each.variables.get(runVariable) === runId && namespacedPid(each.pid) === pid,
      )?.pid;
      const idOf = (of: number | string | undefined, name: string): string =>
        readlinkSync(`/proc/${of}/ns/${name}`);
      const apart = Object.entries(namespacesOfProc)
        .filter(([name]) => idOf(app, name) !== idOf('self', name))
        .map(([, name]) => name);
      const filter = /^Seccomp:\s*(\d)$/m.exec(readFileSync(`/proc/${app}/status`, 'utf8'));
      const { isolation } = found as Availability & { usable: true };
      expect(isolation?.namespaces).toEqual(apart);
      expect(isolation?.seccomp).toBe(filter?.[1] !== '0');
    } finally {
      await instance.stop();
    }
  });

  test('meters net and gross, gross being no less', async () => {
    const instance = await environment.start(launch, never);
    try {
      await ready(instance);
      const { net, gross } = await instance.meters();
      assert(net && gross);
      const before = { net: await net.read(), gross: await gross.read() };
      await ask(instance, '/burn');
      const after = { net: await net.read(), gross: await gross.read() };
      expect(Number(after.net.cpuNs - before.net.cpuNs) / 1e6).toBeGreaterThan(150);
      expect(after.gross.cpuNs).toBeGreaterThanOrEqual(after.net.cpuNs);
      expect(after.gross.memoryBytes).toBeGreaterThanOrEqual(after.net.memoryBytes * 0.99);
    } finally {
      await instance.stop();
    }
  });

  test('leaves no process when it stops, twice', async () => {
    const instance = await environment.start(launch, never);
    await ready(instance);
    const started = performance.now();
    await instance.stop();
    await instance.stop();
    expect(performance.now() - started).toBeLessThan(2000);
    expect(processesWithVariable(runVariable).filter(({ value }) => value === runId)).toEqual([]);
    expect(await instance.ended).toMatch(/^the app (ended|was ended)/);
  });

  test('gives each launch a fresh and empty data folder, and removes it', async () => {
    const folders: string[] = [];
    for (const file of ['first', 'second']) {
      const instance = await environment.start({ ...launch, dataVariable: 'DATA' }, never);
      try {
        await ready(instance);
        const { folder = '', found: before } = await ask(instance, `/${file}`);
        expect(before).toEqual([]);
        expect((await ask(instance, `/${file}`)).found).toEqual([file]);
        folders.push(folder);
      } finally {
        await instance.stop();
      }
    }
    await expect(Promise.all(folders.map((each) => stat(each)))).rejects.toThrow('ENOENT');
    expect(new Set(folders).size).toBe(2);
  });

  test('leaves no data folder when the app does not start, or ends by itself', async () => {
    const withData = { ...launch, dataVariable: 'DATA' };
    const context = { ...launch.context, nodeBinary: '/none' };
    await environment.start({ ...withData, context }, never).then(
      (instance) => instance.stop(),
      () => undefined,
    );
    const instance = await environment.start({ ...withData, variables: { CRASH: '1' } }, never);
    await instance.ended;
    await instance.stop();
    const left = (await readdir(tmpdir())).filter(
      (name) => name.startsWith('tare-data-') && name.includes(runId),
    );
    expect(left).toEqual([]);
  });

  test('tells of an app that ends by itself, with its last words', async () => {
    const instance = await environment.start({ ...launch, variables: { CRASH: '1' } }, never);
    expect(await instance.ended).toBe('the app ended with exit code 1');
    expect(await instance.lastLog()).toContain('the reason of the crash');
    await instance.stop();
  });

  test('says when the wanted port is taken', async () => {
    const instance = await environment.start(launch, never);
    try {
      await ready(instance);
      const port = Number(instance.url.port);
      await expect(environment.start({ ...launch, port }, never)).rejects.toThrow(
        `port ${port} on 127.0.0.1 is in use`,
      );
    } finally {
      await instance.stop();
    }
  });

  test('reaps what a killed run left, and only of that run', async () => {
    const instance = await environment.start({ ...launch, dataVariable: 'DATA' }, never);
    try {
      await ready(instance);
      const { folder = '' } = await ask(instance, '/file');
      // runs of other tests may have left something
      const ofThisRun = (line: string): boolean => line.includes(runId) || line.includes(thisRunner());
      expect((await environment.reap('another-run', never)).filter(ofThisRun)).toEqual([]);
      // its runner, this process, lives
      expect((await environment.reap(undefined, never)).filter(ofThisRun)).toEqual([]);
      const reaped = await environment.reap(runId, never);
      expect(reaped.length).toBeGreaterThan(1);
      expect(reaped[0]).toMatch(new RegExp(`^process \\d+ \\(.+\\) of run ${runId}$`));
      expect(reaped.at(-1)).toBe(`data folder ${folder} of run ${runId}`);
      await expect(stat(folder)).rejects.toThrow('ENOENT');
      expect(await instance.ended).toContain('the app');
    } finally {
      await instance.stop();
    }
  });
});

it.each(environments.filter(({ name }) => process.platform === 'linux' && isUsable(name)))(
  '$name reaps a run whose runner was killed, with its folder',
  async (environment) => {
    const { name } = environment;
    const script = `
    import { ${name} } from '${new URL('index.ts', import.meta.url).href}';
    const launch = ${JSON.stringify(launch)};
    const signal = new AbortController().signal;
    const context = { ...launch.context, runId: 'of-the-dead' };
    const instance = await ${name}().start({ ...launch, dataVariable: 'DATA', context }, signal);
    while (!(await fetch(instance.url).catch(() => undefined))?.ok);
    process.send('ready');`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const isOfTheDead = (line: string): boolean => line.endsWith('of run of-the-dead');
    try {
      await once(runner, 'message');
      expect((await environment.reap(undefined, never)).filter(isOfTheDead)).toEqual([]);
    } finally {
      runner.kill('SIGKILL');
      await once(runner, 'close');
    }
    const early = await environment.reap('another-run', never);
    const lines = (await environment.reap(undefined, never)).filter(isOfTheDead);
    expect(early.filter(isOfTheDead)).toEqual([]);
    expect(lines.at(-1)).toMatch(/^data folder /);
    // some end with their runner
    if (name === 'native') expect(lines[0]).toMatch(/^process \d+ \((node|MainThread)\)/);
    const left = processesWithVariable(runVariable).filter(({ value }) => value === 'of-the-dead');
    expect(left).toEqual([]);
  },
);

it('the rungs of the ladder are in order of what they keep apart', () => {
  const rungs = [...availability.values()].flatMap((each) =>
    each.usable && each.isolation !== undefined ? [each.isolation] : [],
  );
  expect(rungs.map(({ rung }) => rung)).toEqual(rungs.map(({ rung }) => rung).toSorted((a, b) => a - b));
  expect(rungs[0]).toEqual({ rung: 0, kernel: 'host', namespaces: [], seccomp: false, path: 'loopback' });
});

it.skipIf(!isUsable('namespace'))('namespace gives the app a process namespace of its own', async () => {
  const instance = await namespace().start(launch, never);
  try {
    await ready(instance);
    expect((await ask(instance)).pid).toBe(1);
  } finally {
    await instance.stop();
  }
});

const tools = [
  { environment: namespace(), tool: 'unshare' },
  { environment: bubblewrap(), tool: 'bwrap' },
];
it.each(tools.filter(({ environment }) => isUsable(environment.name)))(
  '$environment.name ends the app when $tool is killed',
  async ({ environment, tool }) => {
    const instance = await environment.start(launch, never);
    try {
      await ready(instance);
      const [first] = processesWithVariable(runVariable)
        .filter(({ command, value }) => command === tool && value === runId)
        .map(({ pid }) => descendants(pid))
        .toSorted((a, b) => b.length - a.length);
      const [top = 0, ...others] = first ?? [];
      expect(others.length).toBeGreaterThan(0);
      process.kill(top, 'SIGKILL');
      await instance.ended;
      await expect.poll(() => others.filter((pid) => findProcess(pid) !== undefined)).toEqual([]);
    } finally {
      await instance.stop();
    }
  },
);

describe.skipIf(!isUsable('nspawn'))('nspawn', () => {
  // of somebody who starts it by hand, in the group of this process
  const others = new Set<string>();
  const leftover = (): readonly string[] => {
    const groups = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
    const here = `tare-${thisRunner()}`;
    return [
      ...groups.map((each) => join(each, here)),
      ...groups.flatMap((each) => ['payload', 'supervisor'].map((name) => join(each, name))),
      ...readdirSync('/run/systemd/nspawn/propagate').filter((name) => name.includes(thisRunner())),
    ].filter((path) => !others.has(path) && (!path.startsWith('/') || existsSync(path)));
  };

  it('leaves no control group and no folder of its machine, also when it is killed', async () => {
    for (const path of leftover()) others.add(path);
    const instance = await nspawn().start(launch, never);
    try {
      await ready(instance);
      expect(leftover()).not.toEqual([]);
      const supervisor = processesWithVariable(runVariable).find(
        ({ command, value }) => command === 'systemd-nspawn' && value === runId,
      );
      process.kill(supervisor?.pid ?? 0, 'SIGKILL');
      await instance.ended;
    } finally {
      await instance.stop();
    }
    expect(leftover()).toEqual([]);
    expect(processesWithVariable(runVariable).filter(({ value }) => value === runId)).toEqual([]);
  });

  it.skipIf(!existsSync('/sys/fs/cgroup/systemd/cgroup.procs'))(
    'removes what a killed run left in the hierarchy of systemd alone',
    async () => {
      // of a process with this one's number that began at another time
      const left = `/sys/fs/cgroup/systemd/tare-${thisRunner().replace(/\d+$/, '1')}`;
      mkdirSync(join(left, 'payload'), { recursive: true });
      await nspawn().reap(undefined, never);
      expect(existsSync(left)).toBe(false);
    },
  );
});

describe('without a folder for temporary files', () => {
  beforeEach(() => {
    vi.stubEnv('TMPDIR', join(folder, 'nowhere'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('reaps and starts what wants no folder', async () => {
    expect(await native().reap('another-run', never)).toEqual([]);
    await (await native().start(launch, never)).stop();
  });

  it('says what is missing to what wants one', async () => {
    await expect(native().start({ ...launch, dataVariable: 'DATA' }, never)).rejects.toThrow(
      /^no folder for the app’s data can be made in .*nowhere \(.*\): let TMPDIR name a folder/,
    );
  });
});
