/**
 * Makes a release: `node tools/packages/src/release.ts VERSION [--dry-run]`, VERSION as in 0.2.0 or "minor". Sets the version of all
 * packages, turns the unreleased part of CHANGELOG.md into that of the version, commits and tags. `nx release publish` publishes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { releaseVersion } from 'nx/release';
import { repository } from './workspace.ts';

const unreleased = '## Unreleased';

if (process.argv[1] === import.meta.filename) await release(process.argv.slice(2));

async function release(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [specifier] = positionals;
  if (specifier === undefined || positionals.length > 1)
    throw new Error('which version? expected one, such as 0.2.0, patch or minor');
  const dryRun = values['dry-run'];
  const { workspaceVersion } = await releaseVersion({ specifier, dryRun });
  if (typeof workspaceVersion !== 'string') throw new Error(`${specifier} gives no new version`);
  const path = join(repository, 'CHANGELOG.md');
  const changes = releasedChanges(readFileSync(path, 'utf8'), workspaceVersion);
  const tag = `v${workspaceVersion}`;
  if (dryRun) {
    process.stdout.write(`${changes}\nwould be committed and tagged ${tag}\n`);
    return;
  }
  writeFileSync(path, changes);
  const git = (...words: readonly string[]): void => {
    execFileSync('git', words, { cwd: repository, stdio: 'inherit' });
  };
  git('add', 'CHANGELOG.md');
  git('commit', '--message', `Release ${workspaceVersion}`);
  git('tag', '--annotate', tag, '--message', tag);
}

/**
 * The change log with its unreleased part as that of a version, and an empty one above.
 * @throws Error in one line when nothing is unreleased, or the version has been released.
 */
export function releasedChanges(changelog: string, version: string): string {
  if (changelog.includes(`\n## ${version}\n`)) throw new Error(`CHANGELOG.md has ${version} already`);
  const [, changes = ''] = changelog.split(`${unreleased}\n`);
  if (!/^\s*- /.test(changes))
    throw new Error(`CHANGELOG.md has nothing under "${unreleased}"; say there what is new`);
  return changelog.replace(unreleased, `${unreleased}\n\n## ${version}`);
}
