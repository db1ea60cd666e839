import type { PackageManager } from '@nx/devkit';

/** What workflows depend on besides themselves. */
export type WorkflowFacts = {
  readonly manager: PackageManager;
  /** The branch that releases come from. */
  readonly branch: string;
  /** Slowdown in percent from which a pull request fails. */
  readonly threshold: number;
};

/** The actions of others: each by the full hash of a release, since a tag can be moved. */
const actions = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  setupNode: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
  setShas: 'nrwl/nx-set-shas@afb73a62d26e41464e9254689e1fd6122ee683c1 # v5.0.1',
  upload: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0',
  download: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1',
  attest: 'actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32 # v4.1.0',
} as const;

const installs: Readonly<Record<PackageManager, readonly string[]>> = {
  npm: ['npm ci'],
  pnpm: ['corepack enable', 'pnpm install --frozen-lockfile'],
  yarn: ['corepack enable', 'yarn install --immutable'],
  bun: ['npm install --global bun', 'bun install --frozen-lockfile'],
};

/** The steps that come first: all commits, since Nx compares with an earlier one; Node; what the workspace needs. */
function setUp({ manager }: WorkflowFacts): string {
  const cache = manager === 'npm' ? '\n          cache: npm' : '';
  const runs = installs[manager].map((command) => `      - run: ${command}`).join('\n');
  return `      - uses: ${actions.checkout}
        with:
          fetch-depth: 0
          # no step needs the token
          persist-credentials: false
      - uses: ${actions.setupNode}
        with:
          node-version: 24${cache}
${runs}`;
}

/**
 * Writes the comment. The artifact comes from the pull request's own code: of it only numbers, decisions and plain names are shown,
 * and which pull request it is says GitHub, not the artifact.
 */
const commentScript = String.raw`
const { existsSync, lstatSync, readdirSync, readFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { GITHUB_API_URL, GITHUB_REPOSITORY, TOKEN, HEAD_SHA, HEAD_BRANCH, HEAD_OWNER, RUN_URL } = process.env;
const marker = '<!-- tare-gate -->';
// the worst first
const outcomes = {
  regression: 'something is slower',
  invalid: 'not measured',
  undecided: 'not decided',
  pass: 'nothing is slower',
};

async function call(method, path, body) {
  const response = await fetch(GITHUB_API_URL + '/repos/' + GITHUB_REPOSITORY + path, {
    method,
    headers: { authorization: 'Bearer ' + TOKEN, accept: 'application/vnd.github+json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(method + ' ' + path + ': ' + response.status);
  return response.json();
}

// a name is shown only if it can be nothing else
const name = (text) => (typeof text === 'string' && /^[\w.:@/ -]{1,60}$/.test(text) ? '\x60' + text + '\x60' : '?');
const percent = (ratio) => (Number.isFinite(ratio) ? ((ratio - 1) * 100).toFixed(1) + ' %' : '–');

function readGate(path) {
  try {
    if (lstatSync(path).size > 1_000_000) return undefined;
    const gate = JSON.parse(readFileSync(path, 'utf8'));
    return Object.hasOwn(outcomes, gate.decision) && Array.isArray(gate.comparisons) ? gate : undefined;
  } catch {
    return undefined;
  }
}

// each project that was measured has a folder of its name; a link is no file here
function readGates() {
  if (!existsSync('gate')) return [];
  return readdirSync('gate', { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && each.name === 'gate.json')
    .map(({ parentPath }) => parentPath)
    .sort()
    .slice(0, 20)
    .flatMap((folder) => {
      const gate = readGate(join(folder, 'gate.json'));
      return gate === undefined ? [] : [{ ...gate, project: relative('gate', folder) }];
    });
}

function rowOf(each) {
  const [low, high] = Array.isArray(each?.ci95) ? each.ci95 : [];
  const decision = Object.hasOwn(outcomes, each?.decision) ? each.decision : 'not judged';
  const cells = [name(each?.workload), name(each?.environment), name(each?.metric)];
  return '| ' + [...cells, percent(each?.ratio), percent(low) + ' to ' + percent(high), decision].join(' | ') + ' |';
}

function textOf(gates) {
  const run = '[All figures](' + RUN_URL + '), as the code of this pull request has measured them.';
  const worst = Object.keys(outcomes).find((outcome) => gates.some(({ decision }) => decision === outcome));
  const parts = gates.flatMap(({ project, decision, comparisons }) => {
    // a comment holds 65,536 characters
    const rows = comparisons.slice(0, Math.floor(100 / gates.length)).map(rowOf);
    const table = ['| workload | environment | metric | change | 95 % | |', '| --- | --- | --- | --- | --- | --- |', ...rows];
    const title = gates.length > 1 ? [name(project) + ': ' + outcomes[decision], ''] : [];
    return [...title, ...(rows.length > 0 ? [...table, ''] : [])];
  });
  return [marker, '### Gate: ' + (outcomes[worst] ?? 'nothing to measure'), '', ...parts, run].join('\n');
}

async function main() {
  const head = encodeURIComponent(HEAD_OWNER + ':' + HEAD_BRANCH);
  const open = await call('GET', '/pulls?state=open&per_page=100&head=' + head);
  const pull = open.find((each) => each.head.sha === HEAD_SHA);
  if (pull === undefined) return console.log('no open pull request has this commit at its head');
  let former;
  for (let page = 1; former === undefined; page += 1) {
    const comments = await call('GET', '/issues/' + pull.number + '/comments?per_page=100&page=' + page);
    former = comments.find(({ user, body }) => user?.login === 'github-actions[bot]' && body.startsWith(marker));
    if (comments.length < 100) break;
  }
  const gates = readGates();
  if (gates.length === 0 && former === undefined) return console.log('nothing was measured');
  const body = textOf(gates);
  if (former === undefined) await call('POST', '/issues/' + pull.number + '/comments', { body });
  else await call('PATCH', '/issues/comments/' + former.id, { body });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
`;

/** The workflows of GitHub Actions by their file: what each is for is its first line. */
export const workflows = {
  'ci.yml': (
    facts: WorkflowFacts,
  ): string => `# What a change touches is checked, built and measured once, quickly.
name: ci

on:
  push:
    branches: [${facts.branch}]
  pull_request:

permissions:
  contents: read

concurrency:
  group: ci-\${{ github.ref }}
  # every commit of ${facts.branch} is checked
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

jobs:
  affected:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    permissions:
      contents: read
      # to find the last commit that passed
      actions: read
    steps:
${setUp(facts)}
      - uses: ${actions.setShas}
        with:
          main-branch-name: ${facts.branch}
      - run: npx nx affected -t lint typecheck test build docker-build --outputStyle=static
      # few rounds show that each app works in every environment; the tables are on the page of the job
      - run: npx nx affected -t compare --configuration=quick --outputPath=reports/{projectName} --outputStyle=static
      - if: always()
        uses: ${actions.upload}
        with:
          name: ci
          path: |
            dist/junit/*.xml
            reports/*/latest
            reports/*/*/latest
          if-no-files-found: ignore
`,

  'bench.yml': (
    facts: WorkflowFacts,
  ): string => `# Every pull request is measured against its base, and fails when it is slower.
name: bench

on:
  pull_request:

# what is measured is anybody's code: there are no secrets here, and bench-comment.yml writes the comment
permissions:
  contents: read

concurrency:
  # a newer push makes the measurement of an older one worthless
  group: bench-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  gate:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    env:
      # what nx affected and the gate compare with
      NX_BASE: origin/\${{ github.base_ref }}
    steps:
${setUp(facts)}
      # what a pull request leaves alone is not measured; each gate adds its result to the page of the job
      - run: npx nx affected -t gate --base="$NX_BASE" --threshold=${facts.threshold} --outputStyle=static
      - if: always()
        uses: ${actions.upload}
        with:
          name: gate
          path: reports/gate
          if-no-files-found: ignore
`,

  'bench-comment.yml':
    (): string => `# What bench.yml has measured, as one comment of the pull request, which is updated.
name: bench-comment

on:
  workflow_run:
    workflows: [bench]
    types: [completed]

permissions: {}

concurrency:
  group: bench-comment-\${{ github.event.workflow_run.head_repository.full_name }}-\${{ github.event.workflow_run.head_branch }}

jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      actions: read
      pull-requests: write
    steps:
      # no checkout: nothing of the pull request is run with this token
      - uses: ${actions.download}
        # a pull request that makes nothing slower or faster has none
        continue-on-error: true
        with:
          name: gate
          path: gate
          run-id: \${{ github.event.workflow_run.id }}
          github-token: \${{ github.token }}
      - shell: node {0}
        env:
          TOKEN: \${{ github.token }}
          HEAD_SHA: \${{ github.event.workflow_run.head_sha }}
          HEAD_BRANCH: \${{ github.event.workflow_run.head_branch }}
          HEAD_OWNER: \${{ github.event.workflow_run.head_repository.owner.login }}
          RUN_URL: \${{ github.event.workflow_run.html_url }}
        run: |
${commentScript.trim().replaceAll(/^(?=.)/gm, ' '.repeat(10))}
`,

  'cd.yml': (
    facts: WorkflowFacts,
  ): string => `# What a push to ${facts.branch} changes, and all of a version, goes to the registry of GitHub as images.
name: cd

on:
  push:
    branches: [${facts.branch}]
    tags: ['v*']

permissions:
  contents: read

concurrency:
  # one after the other, so that latest is the last
  group: cd-\${{ github.ref }}
  cancel-in-progress: false

jobs:
  push:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    permissions:
      contents: read
      # to find the last commit that was pushed
      actions: read
      packages: write
      # these two for the attestation
      id-token: write
      attestations: write
    steps:
${setUp(facts)}
      - if: github.ref_type == 'branch'
        uses: ${actions.setShas}
        with:
          main-branch-name: ${facts.branch}
      # builds do not see the secrets
      - run: |
          if [ "$GITHUB_REF_TYPE" = tag ]
          then npx nx run-many -t docker-build --outputStyle=static
          else npx nx affected -t docker-build --outputStyle=static
          fi
      - env:
          DOCKER_REGISTRY: ghcr.io
          DOCKER_NAMESPACE: \${{ github.repository_owner }}
          DOCKER_USERNAME: \${{ github.actor }}
          DOCKER_PASSWORD: \${{ secrets.GITHUB_TOKEN }}
          DEPLOY_WEBHOOK_URL: \${{ secrets.DEPLOY_WEBHOOK_URL }}
          DEPLOY_WEBHOOK_SECRET: \${{ secrets.DEPLOY_WEBHOOK_SECRET }}
        run: |
          if [ "$GITHUB_REF_TYPE" = tag ]
          then npx nx run-many -t docker-push --outputStyle=static
          else npx nx affected -t docker-push --outputStyle=static
          fi
      - id: pushed
        run: |
          mkdir -p dist/docker
          find dist/docker -name push.json -exec jq -r '"\\(.digest | ltrimstr("sha256:"))  \\(.image)"' {} + > dist/docker/pushed.txt
          if [ -s dist/docker/pushed.txt ]; then echo any=true >> "$GITHUB_OUTPUT"; fi
      - if: steps.pushed.outputs.any == 'true'
        uses: ${actions.attest}
        with:
          subject-checksums: dist/docker/pushed.txt
`,
} as const satisfies Readonly<Record<string, (facts: WorkflowFacts) => string>>;
