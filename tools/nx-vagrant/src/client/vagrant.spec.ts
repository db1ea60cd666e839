import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@tare/metrics';
import { afterAll, expect, test } from 'vitest';
import { createVagrant } from './vagrant.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A project whose Vagrantfile leaves a trace when it is read. */
function project(name: string): { readonly root: string; readonly trace: string } {
  const root = join(folder, name);
  const trace = join(root, 'read');
  mkdirSync(root);
  writeFileSync(
    join(root, 'Vagrantfile'),
    `File.write(${JSON.stringify(trace)}, ENV.to_h.to_s)\nVagrant.configure('2') {}\n`,
  );
  return { root, trace };
}

test.skipIf(findProgram('vagrant') === undefined)(
  'works in its own folder, whatever the variables around it say',
  { timeout: 60_000 },
  async () => {
    const [own, other] = [project('own'), project('other')];
    const redirecting = {
      VAGRANT_CWD: other.root,
      VAGRANT_VAGRANTFILE: join(other.root, 'Vagrantfile'),
      VAGRANT_DOTFILE_PATH: join(other.root, '.vagrant'),
      BUNDLE_GEMFILE: join(other.root, 'Gemfile'),
      RUBYOPT: '-rtare-no-such-file',
      TARE_RUN: 'of-somebody-else',
      TARE_ARTIFACTS: 'x=/other',
    };
    const before = { ...process.env };
    Object.assign(process.env, redirecting);
    try {
      const vagrant = createVagrant({ folder: own.root, variables: { TARE_BOX: 'a-box' } });
      await expect(vagrant.status({ signal: AbortSignal.timeout(50_000) })).resolves.toBe('not_created');
    } finally {
      for (const name of Object.keys(redirecting)) delete process.env[name];
      Object.assign(process.env, before);
    }
    expect([existsSync(own.trace), existsSync(join(own.root, '.vagrant'))]).toEqual([true, true]);
    expect([existsSync(other.trace), existsSync(join(other.root, '.vagrant'))]).toEqual([false, false]);
    const seen = readFileSync(own.trace, 'utf8');
    expect(seen).toContain('"TARE_BOX"=>"a-box"');
    expect(seen).not.toMatch(/of-somebody-else|TARE_ARTIFACTS|BUNDLE_GEMFILE.*other/);
  },
);
