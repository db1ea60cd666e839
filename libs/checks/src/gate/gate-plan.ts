import type { Artifact, Environment } from '@tare/environment';
import { number, readOptions, text, toggle, type GivenOptions } from '@tare/options';
import type { GateWorkload } from '@tare/results';
import {
  applyOverrides,
  readArtifact,
  requireAllowed,
  runFlags,
  type ResolvedConfig,
  type Settings,
  type Workload,
} from '@tare/runner';
import { z } from 'zod';

const { environments, workloads, rounds, duration, warmup, openDuration, ...others } = runFlags;
const { starts, connections, sliceMs, retries, seed, n, allowRemote } = others;

/** The options of a gate. The defaults take two to three minutes for one app in one environment. */
export const gateOptions = {
  base: text({
    description: 'Commit to compare with: a branch, a tag or a hash.',
    otherwise: 'that of NX_BASE, else where this branch left the default one, else the commit before',
  }).optional(),
  threshold: number({
    min: 0.1,
    max: 1000,
    unit: 'percent',
    description: 'The smallest worsening that matters: a metric passes when its interval stays below.',
  }).default(5),
  force: toggle({
    description: 'Measure workloads of the same bytes on both sides too.',
  }).default(false),
  environments: environments.meta({ otherwise: 'the baseline' }),
  workloads: workloads.meta({ otherwise: 'all whose bytes differ' }),
  allowRemote,
  rounds: rounds.meta({ otherwise: 'as many as the decisions take, at most 20 within 3 minutes' }),
  duration: duration.default(1.5),
  warmup: warmup.default(1),
  openDuration: openDuration.default(0),
  starts,
  connections,
  sliceMs,
  retries,
  n,
  seed,
};

/** A gate that takes longer is switched off. */
const budgetMinutes = 3;
const mostRounds = 20;

// not strict: the executor has options of its own as well
const gateSchema = z.object(gateOptions);

/** Options of a gate as the command line gives them; undefined takes the default. Numbers may be strings. */
export type GateOptions = GivenOptions<typeof gateOptions>;

export type GatePlan = {
  /** The environments and workloads of this side, and the load for both sides. */
  readonly config: ResolvedConfig;
  /** A ratio: 0.1 for 10 %. */
  readonly threshold: number;
  readonly force: boolean;
};

/**
 * Makes the plan of a gate from a configuration and the command line: only the baseline unless environments are named, and
 * all workloads, because a workload that did not change costs nothing.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function planGate(configured: Settings, options: GateOptions): GatePlan {
  const { base, threshold, force, ...overrides } = readOptions(gateSchema, options);
  const within = { ...configured, rounds: { max: mostRounds }, budgetMinutes, until: 'decided' as const };
  const config = applyOverrides(within, {
    environments: configured.baseline,
    workloads: configured.workloads.map(({ name }) => name).join(','),
    ...overrides,
    control: false,
  });
  return { config, threshold: threshold / 100, force };
}

type Side = Pick<Settings, 'workloads' | 'environments'>;

export type PairedWorkloads = {
  /** Workloads of head to measure. */
  readonly measured: readonly Workload[];
  /** Artifacts of the base, by app. */
  readonly baseArtifacts: ReadonlyMap<string, Artifact>;
  /** The status of each workload. */
  readonly listed: readonly GateWorkload[];
};

/**
 * Pairs the workloads of both sides by name. A workload that is the same on both sides is not measured: the same bytes, and
 * in every environment that both have the same identity. Where an environment has none it is measured.
 * @param force measures workloads that are the same on both sides, too.
 * @throws Error in one line when an artifact cannot be read.
 */
export async function pairWorkloads(head: Side, base: Side, force: boolean): Promise<PairedWorkloads> {
  const measured: Workload[] = [];
  const listed: GateWorkload[] = [];
  const baseArtifacts = new Map<string, Artifact>();
  for (const workload of head.workloads) {
    const { name } = workload;
    const ofBase = base.workloads.find((each) => each.name === name);
    if (ofBase === undefined) {
      listed.push({ workload: name, status: 'not-compared', reason: 'the base does not have it' });
      continue;
    }
    const [artifact, baseArtifact] = await Promise.all([readArtifact(workload), readArtifact(ofBase)]);
    const isSame =
      artifact.sha256 === baseArtifact.sha256 &&
      (await haveSameIdentity([head.environments, artifact], [base.environments, baseArtifact]));
    if (isSame && !force) {
      listed.push({ workload: name, status: 'same-bytes', sha256: artifact.sha256 });
      continue;
    }
    baseArtifacts.set(baseArtifact.workload, baseArtifact);
    measured.push(workload);
    listed.push({ workload: name, status: 'measured' });
  }
  return { measured, baseArtifacts, listed };
}

type Environments = readonly Environment[];

/** Whether the environments that both sides have run two artifacts of the same bytes as the same. */
async function haveSameIdentity(
  [environments, artifact]: readonly [Environments, Artifact],
  [ofBase, baseArtifact]: readonly [Environments, Artifact],
): Promise<boolean> {
  for (const environment of environments) {
    const other = ofBase.find(({ name }) => name === environment.name);
    if (other === undefined) continue;
    const [one, two] = await Promise.all([environment.identity?.(artifact), other.identity?.(baseArtifact)]);
    if (one === undefined || one !== two) return false;
  }
  return true;
}

type Deployed = readonly Pick<Environment, 'name' | 'deployedAt'>[];

/**
 * @throws Error in one line for an environment that asks the same deployment on both sides, whatever the commit, or one that
 *   may not be loaded.
 */
export function requireTwoDeployments(
  ofHead: Deployed,
  ofBase: Deployed,
  allowRemote: readonly string[],
): void {
  for (const { name, deployedAt } of ofHead) {
    const other = ofBase.find((each) => each.name === name);
    if (other === undefined) continue;
    requireAllowed([{ ...other, name: baseNameOf(name) }], allowRemote);
    if (deployedAt === undefined || deployedAt.href !== other.deployedAt?.href) continue;
    throw new Error(
      `${name} asks ${deployedAt.origin} on both sides, whatever the commit: leave it out, or give each commit an address of its own`,
    );
  }
}

/** @returns the name of the base's copy of an environment. */
export function baseNameOf(environment: string): string {
  return `${environment}@base`;
}

/**
 * Renames an environment of the base's configuration and makes it run the artifact of the base instead of the given one.
 * @param artifacts those of the base, by app.
 */
export function baseSideOf(environment: Environment, artifacts: ReadonlyMap<string, Artifact>): Environment {
  const ofBase = (given: Artifact): Artifact => {
    const artifact = artifacts.get(given.workload);
    if (artifact === undefined) throw new Error(`the base has no artifact of ${given.workload}`);
    return artifact;
  };
  return {
    ...environment,
    name: baseNameOf(environment.name),
    ...(environment.runs !== undefined && { runs: (artifact) => environment.runs?.(ofBase(artifact)) }),
    prepare: (artifact, context, signal) => environment.prepare(ofBase(artifact), context, signal),
    start: (launch, signal) => environment.start({ ...launch, artifact: ofBase(launch.artifact) }, signal),
  };
}
