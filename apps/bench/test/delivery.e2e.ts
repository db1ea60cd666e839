import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort, requiredKinds } from '@tare/environment';
import { docker } from '@tare/nx-docker';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const signal = AbortSignal.timeout(900_000);
const found = await docker().probe(signal);
const program = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const hasRegistry = existsSync('/usr/bin/docker-registry');
const volume = 'tare-gallery';
const isUsed = spawnSync('docker', ['volume', 'inspect', volume], { stdio: 'ignore' }).status === 0;
const missing = [
  found.usable ? '' : found.reason,
  program === undefined ? 'no Chromium' : '',
  // a developer's own images
  isUsed ? `the volume ${volume} is in use` : '',
].filter((each) => each !== '');
if (missing.length > 0 && requiredKinds().has('docker')) throw new Error(missing.join('; '));
if (missing.length > 0) process.stdout.write(`tests of what is delivered skipped: ${missing.join('; ')}\n`);

describe.skipIf(missing.length > 0)('the apps of this workspace, as they are delivered', () => {
  let browser: Browser;
  const tasks: ChildProcess[] = [];
  const pages: Page[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: program ?? '',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
    for (const task of tasks.splice(0)) await end(task);
  });
  afterAll(async () => {
    await browser.close();
    execFileSync('docker', ['volume', 'rm', '--force', volume]);
  });

  const open = async (url: string): Promise<Page> => {
    const page = await browser.newPage();
    pages.push(page);
    await page.goto(url);
    return page;
  };
  /** Starts a continuous task. @returns it, with its address once the app is up. */
  const run = async (task: string): Promise<{ readonly task: ChildProcess; readonly url: string }> => {
    const port = await choosePort();
    const child = nx(['run', task, `--port=${port}`, '--outputStyle=stream']);
    tasks.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const url = await vi.waitFor(
      () => {
        const [, address] = /runs at (\S+), up after/.exec(said) ?? [];
        if (address === undefined) throw new Error(`not up: ${said.slice(-2000)}`);
        return address;
      },
      { timeout: 240_000, interval: 100 },
    );
    return { task: child, url };
  };

  test('primes in its container is opened in a browser', async () => {
    const { url } = await run('primes:docker-run');
    const page = await open(new URL('/primecount?n=100', url).href);
    expect(await page.locator('body').textContent()).toContain('25');
  });

  test('an image that is added to the gallery in its container is there after the next start', async () => {
    const first = await run('gallery:docker-run');
    const page = await open(first.url);
    await page
      .getByLabel('Add images')
      .setInputFiles({ name: 'a dot.png', mimeType: 'image/png', buffer: dot });
    await page.getByRole('img', { name: 'a dot' }).waitFor();
    await end(first.task);
    await expect(fetch(first.url)).rejects.toThrow();
    const second = await run('gallery:docker-run');
    const image = (await open(second.url)).getByRole('img', { name: 'a dot' });
    await image.waitFor();
    await vi.waitFor(async () =>
      expect(
        await image.evaluate((each) => (each as unknown as { naturalWidth: number }).naturalWidth),
      ).toBeGreaterThan(0),
    );
  });

  test.skipIf(!hasRegistry)('a push by Nx leaves the password nowhere', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
    const password = randomBytes(18).toString('hex');
    const salt = `$2b$05$${randomBytes(11).toString('hex')}`;
    const hashed = execFileSync('perl', ['-e', 'print crypt(<STDIN>, $ARGV[0])', salt], { input: password });
    writeFileSync(join(folder, 'htpasswd'), `pusher:${hashed.toString()}\n`);
    const address = `127.0.0.1:${await choosePort()}`;
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: address, secret: 'x' },
      auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
    };
    // JSON is YAML
    writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
    const log = join(folder, 'registry.log');
    const registry = spawn('sh', [
      '-c',
      'exec docker-registry serve "$0" >"$1" 2>&1',
      join(folder, 'config.yml'),
      log,
    ]);
    const seen = new Set<string>();
    const sampling = setInterval(() => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) seen.add(commandLine(pid));
    }, 50);
    try {
      await vi.waitFor(() => fetch(`http://${address}/`), { timeout: 20_000 });
      const secrets = { DOCKER_USERNAME: 'pusher', DOCKER_PASSWORD: password };
      const words = [
        'run',
        'primes:docker-push',
        `--registry=${address}`,
        '--tags=edge',
        '--outputStyle=static',
      ];
      const child = nx(words, secrets);
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number];
      expect([code, said]).toEqual([
        0,
        expect.stringMatching(/pushed 127\.0\.0\.1:\d+\/primes@sha256:\w{64} as edge/),
      ]);
      expect(said).not.toContain(password);
      expect(seen.size).toBeGreaterThan(10);
      expect([...seen].filter((command) => command.includes(password))).toEqual([]);
      const places = ['.nx', 'dist'].map((name) => join(root, name));
      const grep = [
        '--recursive',
        '--text',
        '--fixed-strings',
        '--files-with-matches',
        '--file=-',
        ...places,
        folder,
      ];
      expect(spawnSync('grep', grep, { input: password }).stdout.toString()).toBe('');
    } finally {
      clearInterval(sampling);
      const gone = once(registry, 'exit');
      if (registry.kill()) await gone;
      rmSync(folder, { recursive: true });
    }
  });
});

/** A red pixel. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

/** Starts Nx as a user does, in a group of its own. */
function nx(words: readonly string[], secrets: NodeJS.ProcessEnv = {}): ChildProcess {
  // of the Nx that runs this test
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('NX_'));
  const env = { ...Object.fromEntries(own), NX_DAEMON: 'false', ...secrets };
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return spawn('npx', ['nx', ...words], { cwd: root, env, stdio: [...stdio], detached: true });
}

/** Ends a task as Ctrl-C does. */
async function end(task: ChildProcess): Promise<void> {
  if (task.exitCode !== null || task.signalCode !== null || task.pid === undefined) return;
  const gone = once(task, 'close');
  process.kill(-task.pid, 'SIGINT');
  await Promise.race([gone, sleep(30_000, undefined, { ref: false })]);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
