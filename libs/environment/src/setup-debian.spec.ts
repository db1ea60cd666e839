import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@tare/metrics';
import { afterAll, describe, expect, it } from 'vitest';
import { requiredKinds } from './contract.ts';

const script = fileURLToPath(new URL('../../../environments/setup-debian.sh', import.meta.url));
const setup = (...given: readonly string[]) => spawnSync('bash', [script, ...given], { encoding: 'utf8' });

const missing = ['jq', 'runsc', 'crun', 'dockerd'].filter((name) => findProgram(name) === undefined);
const canConfigure = process.getuid?.() === 0 && missing.length === 0;
if (missing.length > 0 && requiredKinds().has('gvisor'))
  throw new Error(`TARE_REQUIRE names gvisor, and ${missing.join(', ')} is missing`);
if (!canConfigure)
  process.stdout.write(
    'tests with the configuration of an engine skipped: they need root, jq, runsc, crun, dockerd\n',
  );

describe('setup-debian.sh', () => {
  it('tells with --help which environments it knows, and their packages', () => {
    const { status, stdout, stderr } = setup('--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: setup-debian.sh [--engine-config[=FILE] [--reload]] [ENVIRONMENT ...]');
    expect(stdout).toMatch(/^ {2}bubblewrap +bubblewrap$/m);
    expect(stdout).toMatch(/^ {2}nspawn +systemd-container$/m);
  });

  it.each([
    [['bubblewrap', 'chroot'], 'environment chroot is unknown; expected one of: bubblewrap nspawn '],
    [['--yes'], 'option --yes is unknown; expected --engine-config, --reload or --help'],
    [['--engine-config='], 'option --engine-config= is unknown; expected '],
    [['--reload', 'gvisor'], '--reload goes with --engine-config'],
    [['--engine-config', 'podman'], '--engine-config is for gvisor and crun; got: podman'],
    [['.*'], 'environment .* is unknown; expected one of: '],
    [[''], 'environment  is unknown; expected one of: '],
    [['--help', 'docker'], 'expected nothing beside --help, got: docker'],
  ])('refuses %j before it does anything', (given, message) => {
    const { status, stdout, stderr } = setup(...given);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`setup-debian: ${message}`)]);
  });

  describe.skipIf(!canConfigure)('told to configure the engine', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
    const file = join(folder, 'daemon.json');
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });
    const configure = () => setup(`--engine-config=${file}`, 'gvisor', 'crun');
    const own = { 'log-level': 'warn', runtimes: { crun: { path: '/opt/crun' } } };

    it('adds runtimes, keeps what stands there and a copy of it, and does it once', () => {
      writeFileSync(file, JSON.stringify(own), { mode: 0o600 });
      expect(configure()).toMatchObject({ status: 0, stderr: '' });
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
        'log-level': 'warn',
        runtimes: { ...own.runtimes, runsc: { path: '/usr/bin/runsc', runtimeArgs: ['--network=host'] } },
      });
      const [, backup = '', ...more] = readdirSync(folder).sort();
      expect(more).toEqual([]);
      expect(JSON.parse(readFileSync(join(folder, backup), 'utf8'))).toEqual(own);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(configure().stdout).toContain(`${file}: has them already`);
      expect(readdirSync(folder)).toHaveLength(2);
    });

    it.each([
      ['{ "runtimes"', 'is no configuration of an engine, and stays as it is: expected a JSON object'],
      ['[]', 'is no configuration of an engine'],
    ])('leaves %s alone', (text, message) => {
      writeFileSync(file, text);
      const before = readdirSync(folder);
      const { status, stderr } = configure();
      expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual([text, before]);
    });
  });
});
