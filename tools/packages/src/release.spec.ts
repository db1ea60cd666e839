import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { releasedChanges } from './release.ts';
import { published, repository } from './workspace.ts';

const run = promisify(execFile);

it('what was unreleased is that of the version', () => {
  const before = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n\n- Old.\n';
  expect(releasedChanges(before, '0.2.0')).toBe(
    '# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n- New.\n\n## 0.1.0\n\n- Old.\n',
  );
});

it('refuses a version without changes, and one that was released', () => {
  const log = '# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- Old.\n';
  expect(() => releasedChanges(log, '0.2.0')).toThrow('nothing under "## Unreleased"');
  expect(() => releasedChanges(log, '0.1.0')).toThrow('has 0.1.0 already');
});

it(
  'a dry run sets the version of every package and of those that want it',
  { timeout: 120_000 },
  async () => {
    const program = join(import.meta.dirname, 'release.ts');
    const answer = await run(process.execPath, [program, '99.0.0', '--dry-run'], {
      cwd: repository,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
    const said = stripVTControlCharacters(answer.stdout + answer.stderr);
    for (const { folder } of published)
      expect(said).toContain(`New version 99.0.0 written to manifest: ${folder}/package.json`);
    expect(said).toContain('"@tare/environment": "99.0.0"');
    expect(said).toContain('would be committed and tagged v99.0.0');
  },
);
