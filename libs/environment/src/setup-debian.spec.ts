import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../environments/setup-debian.sh', import.meta.url));
const setup = (...given: readonly string[]) => spawnSync('bash', [script, ...given], { encoding: 'utf8' });

describe('setup-debian.sh', () => {
  it('tells with --help which environments it knows, and their packages', () => {
    const { status, stdout, stderr } = setup('--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: setup-debian.sh [ENVIRONMENT ...]');
    expect(stdout).toMatch(/^ {2}bubblewrap +bubblewrap$/m);
    expect(stdout).toMatch(/^ {2}nspawn +systemd-container$/m);
  });

  it.each([
    [['bubblewrap', 'chroot'], 'environment chroot is unknown; expected one of: bubblewrap nspawn '],
    [['--yes'], 'environment --yes is unknown; expected one of: '],
    [['.*'], 'environment .* is unknown; expected one of: '],
    [[''], 'environment  is unknown; expected one of: '],
    [['--help', 'docker'], 'expected nothing beside --help, got: docker'],
  ])('refuses %j before it does anything', (given, message) => {
    const { status, stdout, stderr } = setup(...given);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`setup-debian: ${message}`)]);
  });
});
