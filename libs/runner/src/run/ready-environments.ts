import { plainText } from '@tare/metrics';
import type { Facts } from '@tare/environment';
import type { Workload } from '../config/workload.ts';
import type { Listener } from '../progress/run-event.ts';
import { checkEnvironment, type Checked } from './check-environment.ts';
import type { LearnedLoad } from '../trial/conformance.ts';
import { launchOf, type Preparation } from './launch-workload.ts';
import type { Unusable, Usable } from './usable-environments.ts';

/** What the environments that are ready were found to do, those that failed left out. */
export type Prepared = Checked & {
  readonly ready: readonly Usable[];
  readonly failed: readonly Unusable[];
  readonly loads: LearnedLoads;
};

/** What the workloads are loaded with, as far as it is known of each. */
export type LearnedLoads = {
  of(workload: string, environment: string): LearnedLoad | undefined;
};

/**
 * Makes every environment ready for every workload and checks that it answers right. One that cannot be prepared, does
 * not get healthy or answers wrongly has failed and is not measured.
 */
export async function prepareEnvironments(
  usable: readonly Usable[],
  preparation: Preparation,
  listener: Listener,
  signal: AbortSignal,
): Promise<Prepared> {
  const ready: Usable[] = [];
  const failed: Unusable[] = [];
  const found: Checked[] = [];
  const learned = new Map<string, LearnedLoad>();
  const keyOf = (workload: string, environment: string): string =>
    preparation.repliesLike === 'own' ? `${workload} in ${environment}` : workload;
  // the others are compared with the baseline
  const isBaseline = ({ environment }: Usable): boolean => environment.name === preparation.baseline;
  const inOrder = [...usable.filter(isBaseline), ...usable.filter((each) => !isBaseline(each))];
  for (const candidate of inOrder) {
    const { name, kind } = candidate.environment;
    let facts = candidate.facts;
    const own: Checked[] = [];
    try {
      listener({ kind: 'preparing', environment: name });
      for (const workload of preparation.workloads) {
        facts = { ...facts, ...(await prepareOne(candidate, workload, preparation, signal)) };
        const key = keyOf(workload.name, name);
        const { load, ...checked } = await checkEnvironment(
          candidate.environment,
          workload,
          preparation,
          learned.get(key),
          listener,
          signal,
        );
        own.push(checked);
        if (!learned.has(key)) learned.set(key, load);
      }
      ready.push({ environment: candidate.environment, facts });
      found.push(...own);
    } catch (error) {
      signal.throwIfAborted();
      const reason = plainText(error instanceof Error ? error.message : String(error));
      listener({ kind: 'failed', environment: name, reason });
      failed.push({ name, kind, facts, status: 'failed', reason });
    }
  }
  return {
    ready: usable.flatMap(({ environment }) => ready.filter((each) => each.environment === environment)),
    failed,
    loads: { of: (workload, environment) => learned.get(keyOf(workload, environment)) },
    capacities: found.flatMap(({ capacities }) => capacities),
    warmUps: found.flatMap(({ warmUps }) => warmUps),
    diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
  };
}

function prepareOne(
  { environment }: Usable,
  workload: Workload,
  preparation: Preparation,
  signal: AbortSignal,
): Promise<Facts> {
  return environment.prepare(
    launchOf(workload, preparation, undefined).artifact,
    preparation.context,
    signal,
  );
}
