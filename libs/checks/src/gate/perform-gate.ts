import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@tare/environment';
import { plainText } from '@tare/metrics';
import {
  gateExitCodes,
  isEmulated,
  looksOf,
  type GateCommit,
  type GateEnvironment,
  type GateResult,
  type RunFile,
} from '@tare/results';
import {
  appOf,
  environmentsOf,
  loadConfig,
  performRun,
  projectOf,
  type Listener,
  type ProjectResolver,
} from '@tare/runner';
import { counted, fewestRounds } from '@tare/statistics';
import { addWorktree, buildBase, providePackages } from './base-workspace.ts';
import { chooseBase, commitText, gitIn, headCommit } from './choose-commits.ts';
import {
  baseNameOf,
  baseSideOf,
  pairWorkloads,
  requireTwoDeployments,
  type GatePlan,
  type PairedWorkloads,
} from './gate-plan.ts';
import { decideGate, faultsOf, judgeGate, openInGate } from './judge-gate.ts';

export type GateRequest = {
  /** The root of the workspace. */
  readonly root: string;
  /** Path of bench.config.ts from the root; the same in the base. */
  readonly configFile: string;
  readonly plan: GatePlan;
  readonly base: {
    readonly ref: string | undefined;
    readonly fromVariable: string | undefined;
    readonly defaultBranch: string;
  };
  /** Makes what finds the apps of projects in a workspace: this one, or the base's. */
  readonly resolveProjectsIn?: (root: string) => ProjectResolver | undefined;
  readonly runsFolder: string;
  readonly listener: Listener;
  /** Receives a line for each step before the run. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Builds the base; by Nx by default. */
  readonly build?: typeof buildBase;
};

export type GateOutcome = {
  readonly result: GateResult;
  /** null when nothing was measured. */
  readonly run: { readonly file: RunFile; readonly journalFolder: string } | null;
};

/** The findings of a measurement. */
type Findings = Pick<GateResult, 'workloads' | 'environments' | 'comparisons' | 'warnings'> & {
  readonly faults: readonly string[];
  readonly run: GateOutcome['run'];
};

/**
 * Builds the base in a worktree, measures both sides interleaved on this host, and decides. Removes the worktree whatever
 * happens.
 * @returns the result, also when a problem prevents a decision.
 * @throws the signal's reason when aborted; it leaves no process and no file behind.
 */
export async function performGate(request: GateRequest): Promise<GateOutcome> {
  const { root, signal, plan } = request;
  const startedAt = new Date().toISOString();
  const git = { run: gitIn(root, signal), afterwards: gitIn(root, new AbortController().signal) };
  const commits: { base: GateCommit | null; head: GateCommit | null } = { base: null, head: null };
  let findings: Findings | undefined;
  let outcome: ReturnType<typeof decideGate>;
  try {
    commits.base = await chooseBase(git.run, request.base);
    commits.head = await headCommit(git.run);
    request.say(`base: ${commitText(commits.base)}; head: ${commitText(commits.head)}`);
    const worktree = await addWorktree(root, commits.base.commit, git);
    try {
      findings = await measureBoth(request, worktree.root, commits.base);
    } finally {
      await worktree.remove();
    }
    outcome = decideGate(findings);
  } catch (error) {
    if (signal.aborted) throw signal.reason as Error;
    const message = error instanceof Error ? error.message : String(error);
    outcome = { decision: 'invalid', problem: plainText(message).replaceAll(/\s*\n\s*/g, ' ') };
  }
  const file = findings?.run?.file;
  const result: GateResult = {
    schema: 1,
    startedAt,
    finishedAt: new Date().toISOString(),
    ...outcome,
    exitCode: gateExitCodes[outcome.decision],
    ...commits,
    threshold: plan.threshold,
    workloads: findings?.workloads ?? [],
    environments: findings?.environments ?? [],
    run: file === undefined ? null : { id: file.id, seed: file.seed, rounds: file.plan.rounds },
    comparisons: findings?.comparisons ?? [],
    warnings: findings?.warnings ?? [],
  };
  return { result, run: findings?.run ?? null };
}

async function measureBoth(request: GateRequest, baseRoot: string, commit: GateCommit): Promise<Findings> {
  const { root, configFile, plan, say, signal, build = buildBase } = request;
  const { environments, workloads } = plan.config;
  const source = await providePackages(root, baseRoot, signal);
  say(
    source === 'linked' ? 'packages: the same on both sides' : 'packages: the base locks others, installed',
  );
  const base = await loadConfig(
    join(baseRoot, configFile),
    `${configFile} of the base`,
    request.resolveProjectsIn?.(baseRoot),
  );
  requireTwoDeployments(environments, environmentsOf(base), plan.config.allowRemote);
  const apps = new Set(
    base.workloads
      .filter(({ name }) => workloads.some((each) => each.name === name))
      .map(({ name, app }) => projectOf(app) ?? appOf(name)),
  );
  // as this side knows it: an older commit may not say what prepares an environment
  const preparedBy = environments
    .flatMap((environment) => environment.preparedBy ?? [])
    .map(({ target, folder }) => ({
      target,
      folder: folder === undefined ? undefined : relative(root, fileURLToPath(folder)),
    }));
  if (apps.size > 0) {
    say(`building ${[...apps].join(', ')} of the base`);
    await build({ root: baseRoot, apps: [...apps], preparedBy }, signal).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`the base ${commitText(commit)} does not build: ${why}`, { cause });
    });
  }
  const ofBase = environmentsOf(base);
  const sides = [
    { workloads, environments },
    { workloads: base.workloads, environments: ofBase },
  ] as const;
  return measure(request, await pairWorkloads(...sides, plan.force), ofBase);
}

async function measure(
  { root, configFile, plan, runsFolder, listener, signal }: GateRequest,
  { measured, baseArtifacts, listed }: PairedWorkloads,
  ofBase: readonly Environment[],
): Promise<Findings> {
  const { config, threshold } = plan;
  const names = config.environments.map(({ name }) => name);
  const pairs = config.environments.flatMap((environment) => {
    const other = ofBase.find(({ name }) => name === environment.name);
    return other === undefined ? [] : [[environment, baseSideOf(other, baseArtifacts)] as const];
  });
  const [first] = pairs;
  if (measured.length === 0 || first === undefined) {
    const status: GateEnvironment[] = names.map((environment) =>
      pairs.some(([head]) => head.name === environment)
        ? { environment, status: 'not-needed' }
        : notMeasured(environment, 'the base does not have it'),
    );
    return { workloads: listed, environments: status, comparisons: [], warnings: [], faults: [], run: null };
  }
  const { run, journalFolder } = await performRun({
    asks: 'gate',
    judgeLook: (trials, looks, unjudged) =>
      openInGate(
        // the seed is of the p-values, which decide nothing
        { trials, seed: config.seed ?? 0 },
        {
          environments: pairs.map(([{ name }]) => name),
          unjudged,
          threshold,
          margins: config.margins,
          looks,
        },
      ),
    config: {
      ...config,
      workloads: measured,
      environments: pairs.flat(),
      baseline: first[1].name,
    },
    configPath: join(root, configFile),
    runsFolder,
    listener,
    signal,
    // a commit may change what an app answers
    repliesLike: 'own',
  });
  const environments = names.map((name) => environmentOf(run, name));
  const comparisons = judgeGate(run, {
    environments: environments
      .filter(({ status }) => status !== 'not-measured')
      .map(({ environment }) => environment),
    unjudged: environments
      .filter(({ status }) => status === 'not-judged')
      .map(({ environment }) => environment),
    threshold,
    margins: config.margins,
    looks: looksOf(run.plan),
  });
  return {
    workloads: listed,
    environments,
    comparisons,
    warnings: warningsOf(run, comparisons),
    faults: faultsOf(run.trials, run.plan.rounds),
    run: { file: run, journalFolder },
  };
}

function notMeasured(environment: string, reason: string): GateEnvironment {
  return { environment, status: 'not-measured', reason };
}

function environmentOf(run: RunFile, name: string): GateEnvironment {
  for (const side of [name, baseNameOf(name)]) {
    const found = run.environments.find((each) => each.name === side);
    if (found === undefined) return notMeasured(name, 'the base does not have it');
    const of = side === name ? '' : 'the base: ';
    if (found.status !== 'measured') return notMeasured(name, `${of}${found.reason}`);
    if (isEmulated(found)) return { environment: name, status: 'not-judged', reason: 'it is emulated' };
  }
  return { environment: name, status: 'measured' };
}

function warningsOf(run: RunFile, comparisons: GateResult['comparisons']): string[] {
  const { rounds } = run.plan;
  const disturbed = new Set(
    run.trials.filter(({ violations }) => violations.length > 0).map(({ round }) => round),
  ).size;
  return [
    ...(comparisons.some(({ decision }) => decision !== null) && rounds < fewestRounds
      ? [
          `${counted(rounds, 'round')} cannot tell anything: that takes at least ${fewestRounds}, --rounds=${fewestRounds}`,
        ]
      : []),
    ...(disturbed > 0
      ? [
          `in ${disturbed} of ${counted(rounds, 'round')} something disturbed a trial, and it could not be repeated`,
        ]
      : []),
  ];
}
