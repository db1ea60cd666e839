import type { Environment, Instance } from '@tare/environment';
import type { Diagnostic, WarmUp } from '@tare/results';
import type { Workload } from '../config/workload.ts';
import type { Listener } from '../progress/run-event.ts';
import { checkConformance } from '../trial/conformance.ts';
import { startReady } from '../trial/ready-instance.ts';
import { observeWarmUp } from '../warm-up/observe-warm-up.ts';
import { probeCapacity, type Capacity } from './arrival-rates.ts';
import { launchOf, requestsFor, setUpData, type Preparation } from './launch-workload.ts';

export type Checked = {
  /** What each served in a closed loop; empty when no arrival rate is to be found. */
  readonly capacities: readonly Capacity[];
  /** How fresh instances warmed up; empty when the warm-up is given. */
  readonly warmUps: readonly WarmUp[];
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * Starts a workload in an environment as the trials will, and checks that it answers right. Where the run wants to know:
 * loads it for a moment to see what it serves, and fresh instances to see how they warm up.
 * @throws Error when it does not get healthy or answers wrongly; nothing is left running.
 */
export async function checkEnvironment(
  environment: Environment,
  workload: Workload,
  preparation: Preparation,
  listener: Listener,
  signal: AbortSignal,
): Promise<Checked> {
  const { load } = preparation;
  const of = { environment: environment.name, workload: workload.name };
  listener({ kind: 'checking', ...of });
  const isRateWanted = load.open !== undefined && load.open.rateRps === undefined;
  const isWarmUpWanted = load.warmupMs === undefined;
  // machines, and workloads with a port of their own, are up once only
  const hasWarmCopy = environment.sideBySide === true && workload.port === undefined;
  const watchWarmUp = async (warm: Instance | undefined): Promise<readonly WarmUp[]> => {
    listener({ kind: 'warming-up', ...of });
    return [await watchFresh(environment, workload, preparation, warm, signal)];
  };

  const instance = await startFor(environment, workload, preparation, signal);
  let checked: Checked;
  try {
    const diagnostics = await checkAnswers(environment, workload, instance, signal);
    const rps =
      isRateWanted || (isWarmUpWanted && hasWarmCopy)
        ? await capacityOf(instance, workload, preparation, signal)
        : undefined;
    const capacities = isRateWanted && rps !== undefined ? [{ ...of, rps }] : [];
    const warmUps = isWarmUpWanted && hasWarmCopy ? await watchWarmUp(instance) : [];
    checked = { capacities, warmUps, diagnostics };
  } finally {
    await instance.stop();
  }
  if (!isWarmUpWanted || hasWarmCopy) return checked;
  return { ...checked, warmUps: await watchWarmUp(undefined) };
}

async function startFor(
  environment: Environment,
  workload: Workload,
  preparation: Preparation,
  signal: AbortSignal,
): Promise<Instance> {
  const launch = launchOf(workload, preparation, undefined);
  const readyDeadlineMs = environment.readyDeadlineMs ?? preparation.readyDeadlineMs;
  return (await startReady(environment, launch, readyDeadlineMs, signal)).instance;
}

async function checkAnswers(
  { name }: Environment,
  workload: Workload,
  instance: Instance,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const { failures, closesConnections } = await checkConformance(instance.url, workload.conformance, signal);
  if (failures.length > 0) throw new Error(`${workload.name} answers wrongly: ${failures.join('; ')}`);
  if (!closesConnections) return [];
  const message = `${name}: ${workload.name} closes connections after a reply: the load generator’s latencies are then too high`;
  return [{ level: 'warning', code: 'connection-close', message }];
}

/** What an instance serves in a closed loop; afterwards it is warm. */
async function capacityOf(
  instance: Instance,
  workload: Workload,
  { load, seed, generatorCpus }: Preparation,
  signal: AbortSignal,
): Promise<number> {
  await setUpData(workload, instance.url, seed, signal);
  return probeCapacity(instance, requestsFor(workload, seed), { load, seed, cpus: generatorCpus }, signal);
}

/** Beside a warm one. One that is up alone is the only one. */
const freshInstances = 3;

/** How instances that nobody has asked anything yet warm up. */
async function watchFresh(
  environment: Environment,
  workload: Workload,
  preparation: Preparation,
  warm: Instance | undefined,
  signal: AbortSignal,
): Promise<WarmUp> {
  const { load, seed, generatorCpus } = preparation;
  const fresh: Instance[] = [];
  try {
    while (fresh.length < (warm === undefined ? 1 : freshInstances)) {
      const instance = await startFor(environment, workload, preparation, signal);
      fresh.push(instance);
      await setUpData(workload, instance.url, seed, signal);
    }
    return await observeWarmUp(
      {
        workload: workload.name,
        environment: environment.name,
        fresh: fresh.map(({ url }) => url),
        warm: warm?.url,
        requests: requestsFor(workload, seed),
        load,
        seed,
        generatorCpus,
      },
      signal,
    );
  } finally {
    await Promise.all(fresh.map((instance) => instance.stop()));
  }
}
