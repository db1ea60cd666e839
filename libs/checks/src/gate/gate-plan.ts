import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, Environment } from '@tare/environment';
import { number, readOptions, text, toggle, type GivenOptions } from '@tare/options';
import type { GateWorkload } from '@tare/results';
import {
  applyOverrides,
  readArtifact,
  runFlags,
  type ResolvedConfig,
  type Settings,
  type Workload,
} from '@tare/runner';
import { z } from 'zod';

const { environments, workloads, rounds, duration, warmup, openDuration, ...others } = runFlags;
const { connections, sliceMs, retries, seed, n } = others;

/** The options of a gate: some of a run's, with defaults of two to three minutes for an app in one environment. */
export const gateOptions = {
  base: text({
    description: 'Commit to compare with: a branch, a tag or a hash.',
    otherwise: 'that of NX_BASE, else where this branch left the default one, else the commit before',
  }).optional(),
  threshold: number({
    min: 0.1,
    max: 1000,
    unit: 'percent',
    description: 'The smallest worsening that matters: a metric passes when its 95 % interval stays below.',
  }).default(10),
  force: toggle({
    description: 'Measure workloads of the same bytes on both sides too.',
  }).default(false),
  environments: environments.meta({ otherwise: 'the baseline' }),
  workloads: workloads.meta({ otherwise: 'all whose bytes differ' }),
  // startup, which cannot be sliced, wants the most rounds
  rounds: rounds.default(20),
  duration: duration.default(1.5),
  warmup: warmup.default(1),
  openDuration: openDuration.default(0),
  connections,
  sliceMs,
  retries,
  n,
  seed,
};

// the executor has options of its own beside them
const gateSchema = z.object(gateOptions);

/** What the command line may say about a gate; undefined takes the default. Numbers may be texts. */
export type GateOptions = GivenOptions<typeof gateOptions>;

export type GatePlan = {
  /** With the environments and workloads of this side, and the load of both. */
  readonly config: ResolvedConfig;
  /** As a share. */
  readonly threshold: number;
  readonly force: boolean;
};

/**
 * Makes a gate's plan out of a configuration and the command line: the baseline alone unless environments are named, and
 * all workloads, for what a change does not touch costs nothing.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function planGate(configured: Settings, options: GateOptions): GatePlan {
  const { base, threshold, force, ...overrides } = readOptions(gateSchema, options);
  const config = applyOverrides(configured, {
    environments: configured.baseline,
    workloads: configured.workloads.map(({ name }) => name).join(','),
    ...overrides,
    control: false,
  });
  return { config, threshold: threshold / 100, force };
}

type Side = {
  /** The workspace of the side. */
  readonly root: string;
  readonly workloads: readonly Workload[];
};

export type PairedWorkloads = {
  /** Of head: what is to be measured. */
  readonly measured: readonly Workload[];
  /** Of the base, by app: what its side runs. */
  readonly baseArtifacts: ReadonlyMap<string, Artifact>;
  /** What was decided about each workload. */
  readonly listed: readonly GateWorkload[];
};

type PairingRules = {
  /** Kinds of the environments. */
  readonly kinds: ReadonlySet<string>;
  /** Measure what is the same on both sides too. */
  readonly force: boolean;
};

/** Environments that run the artifact and nothing else that a commit could change. */
const artifactAlone = new Set(['native', 'namespace', 'docker']);

/**
 * Pairs the workloads of both sides by name. One whose bytes are the same on both is not measured: what it runs is the
 * same. Where an environment is made of more than the artifact, that has to be the same too: a container's image; of other
 * kinds it is not known.
 * @throws Error in one line when an artifact cannot be read.
 */
export async function pairWorkloads(head: Side, base: Side, rules: PairingRules): Promise<PairedWorkloads> {
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
    if (!rules.force && (await isSame(artifact, baseArtifact, [head.root, base.root], rules.kinds))) {
      listed.push({ workload: name, status: 'same-bytes', sha256: artifact.sha256 });
      continue;
    }
    baseArtifacts.set(baseArtifact.workload, baseArtifact);
    measured.push(workload);
    listed.push({ workload: name, status: 'measured' });
  }
  return { measured, baseArtifacts, listed };
}

async function isSame(
  artifact: Artifact,
  baseArtifact: Artifact,
  roots: readonly [string, string],
  kinds: ReadonlySet<string>,
): Promise<boolean> {
  if (artifact.sha256 !== baseArtifact.sha256) return false;
  if ([...kinds].some((kind) => !artifactAlone.has(kind))) return false;
  if (!kinds.has('docker')) return true;
  const [ofHead, ofBase] = await Promise.all(roots.map((root) => imageDigest(root, artifact.workload)));
  return ofHead !== undefined && ofHead === ofBase;
}

const imageRecordSchema = z.object({ contentDigest: z.string() });

/** What the image of an app holds: equal for equal content, unlike its ID; undefined when there is none. */
async function imageDigest(root: string, app: string): Promise<string | undefined> {
  const path = join(root, 'dist', 'docker', app, 'image.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : imageRecordSchema.parse(JSON.parse(text)).contentDigest;
}

/** @returns the name of the base's copy of an environment. */
export function baseNameOf(environment: string): string {
  return `${environment}@base`;
}

/**
 * An environment of the base's configuration under the base's name: whatever artifact it is given, it runs the base's.
 * @param artifacts of the base, by app.
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
    prepare: (artifact, context, signal) => environment.prepare(ofBase(artifact), context, signal),
    start: (launch, signal) => environment.start({ ...launch, artifact: ofBase(launch.artifact) }, signal),
  };
}
