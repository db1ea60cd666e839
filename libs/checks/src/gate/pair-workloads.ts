import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@tare/environment';
import type { GateWorkload } from '@tare/results';
import { readArtifact, type Workload } from '@tare/runner';
import { z } from 'zod';

export type Side = {
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

export type PairingRules = {
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
