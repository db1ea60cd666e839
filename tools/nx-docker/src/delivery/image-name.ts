import { projectPath } from '../image/images.ts';
import type { Commit } from './commit.ts';

/** Where an image goes to. */
export type ImageName = {
  /** "ghcr.io", "localhost:5000" */
  readonly host: string;
  /** Whether without TLS: as the address says, or undefined where it says nothing. */
  readonly plain: boolean | undefined;
  /** "acme/shop/api" */
  readonly repository: string;
};

/** What a name is made of. */
type NameParts = {
  readonly registry: string | undefined;
  readonly namespace: string | undefined;
  readonly image: string | undefined;
  readonly project: string;
};

const repositoryPath =
  /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;

/**
 * Names a project's image in a registry: registry, namespace and the project's name, in small letters as registries want them.
 * @throws Error in one line that names the option, its value and what was expected.
 */
export function imageName({ registry, namespace, image, project }: NameParts): ImageName {
  if (registry === undefined)
    throw new Error(
      'no registry is given: say where the image goes to with --registry=ghcr.io, or set DOCKER_REGISTRY',
    );
  const [, scheme, host, path = ''] =
    /^(https?:\/\/)?([\w.-]+(?::\d+)?|\[[\da-f:]+\](?::\d+)?)(?:\/(.*))?$/i.exec(registry) ?? [];
  if (host === undefined || path !== '') {
    const remedy = path ? `; "${path}" belongs into --namespace` : '';
    throw wrong('registry', registry, `a host, such as ghcr.io or localhost:5000${remedy}`);
  }
  const space = namespace?.toLowerCase();
  if (space !== undefined && !repositoryPath.test(space))
    throw wrong('namespace', namespace, 'a path of letters, digits and -, such as acme or acme/team');
  const own = image?.toLowerCase() ?? projectPath(project);
  if (!repositoryPath.test(own)) {
    throw wrong(
      'image',
      image,
      'a path, such as shop/api: a host and its port belong into --registry, tags into --tags',
    );
  }
  return {
    host: host.toLowerCase(),
    plain: scheme === undefined ? undefined : scheme.toLowerCase() === 'http://',
    // @acme/api in the namespace acme
    repository: space === undefined || own.startsWith(`${space}/`) ? own : `${space}/${own}`,
  };
}

function wrong(option: string, value: string | undefined, expected: string): Error {
  return new Error(`option ${option} is "${value ?? ''}"; expected ${expected}`);
}

/** The tags of a push, and what is to be said about those that there are not. */
export type Tags = { readonly tags: readonly string[]; readonly notes: readonly string[] };

/** Kinds of tags that follow from a commit. */
const kinds = ['sha', 'semver', 'branch', 'latest'] as const;
type Kind = (typeof kinds)[number];

const validTag = /^\w[\w.-]{0,127}$/;
// https://semver.org, "Is there a suggested regular expression": what follows the three numbers is left to the tag's own rules
const versionTag = /^v(\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?)$/;

/** Whether a tag stands for a version: then it may never mean another image. */
export function isVersion(tag: string): boolean {
  return /^v?\d+\.\d+\.\d+(?:[-_+]|$)/.test(tag);
}

/**
 * Which tags an image gets. `auto` are those that the commit gives: its hash, the version of a `v*` tag, the branch, and `latest` on
 * the default branch or for a version that is no pre-release. What is not committed is `latest` only if that is asked for.
 * @param wanted "auto", or kinds and tags of one's own, separated by commas.
 * @returns them in the order in which they are to be set: what moves comes last.
 * @throws Error in one line when a tag cannot be, or a version would stand for what is not committed.
 */
export function tagsFor(wanted: string, commit: Commit, defaultBranch: string): Tags {
  const asked = wanted.split(',').map((each) => each.trim());
  const isAuto = asked.includes('auto');
  const isAsked = (kind: Kind): boolean => asked.includes(kind);
  const { sha, branch, changed } = commit;
  const dirty = changed.length > 0 ? '-dirty' : '';
  const versions = commit.tags
    .flatMap((tag) => versionTag.exec(tag)?.[1] ?? [])
    .map((each) => each.replace('+', '_'));
  const isLatest = branch === defaultBranch || versions.some((version) => !version.includes('-'));
  const own = asked.filter((each) => each !== 'auto' && !(kinds as readonly string[]).includes(each));
  const invalid = own.find((tag) => !validTag.test(tag));
  if (invalid !== undefined) {
    const expected = `auto, ${kinds.join(', ')} or tags of letters, digits and _ . -, separated by commas`;
    throw new Error(`option tags has "${invalid}"; expected ${expected}`);
  }
  const groups: Readonly<Record<Kind, readonly string[]>> = {
    sha: [`${sha.slice(0, 12)}${dirty}`, `${sha}${dirty}`],
    semver: versions,
    branch: branch === undefined ? [] : [branchTag(branch)],
    latest: isAsked('latest') || (isLatest && dirty === '') ? ['latest'] : [],
  };
  const [first, second, ...last] = kinds.map((kind) => (isAuto || isAsked(kind) ? groups[kind] : []));
  const tags = [...new Set([...(first ?? []), ...(second ?? []), ...own, ...last.flat()])];
  const version = tags.find(isVersion);
  if (dirty !== '' && version !== undefined) {
    const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
    throw new Error(
      `${version} would stand for what is in no commit (${changed[0] ?? ''}${more} changed): commit it, or push without the version (--tags=sha)`,
    );
  }
  const notes = [
    ...(branch === undefined && (isAsked('branch') || (isAuto && versions.length === 0))
      ? ['no branch is checked out (detached HEAD), so there is no tag for one; --branch names it']
      : []),
    ...(isAsked('semver') && versions.length === 0
      ? ['no v* tag points at the commit, so there is no version']
      : []),
    ...(dirty === ''
      ? []
      : [
          `${count(changed.length, 'file')} not committed (${changed[0] ?? ''}): marked as dirty${isAuto && isLatest && !tags.includes('latest') ? ', and not latest' : ''}`,
        ]),
  ];
  if (tags.length === 0) throw new Error(`the image would get no tag: ${notes.join('; ')}`);
  return { tags, notes };
}

/** "feature/Maps #2" → "feature-Maps-2" */
function branchTag(branch: string): string {
  return (
    branch
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+|-$/g, '')
      .slice(0, 128) || 'branch'
  );
}

function count(amount: number, thing: string): string {
  return `${amount} ${thing}${amount === 1 ? '' : 's'}`;
}
