import {
  type Availability,
  type Environment,
  type Facts,
  type Instance,
  type Isolation,
  type Obstacle,
  requiredKinds,
  type StartKind,
} from '@tare/environment';
import { plainText } from '@tare/metrics';
import { isolationSchema, type Diagnostic, type WarmUp } from '@tare/results';
import type { Workload } from '../config/workload.ts';
import { type Capacity, probeCapacity } from './arrival-rates.ts';
import { launchOf, mixOf, obstacleTo, type Preparation, setUpData } from './launch-workload.ts';
import type { Listener, Unusable, Usable } from './run-events.ts';
import { observeWarmUp, type ObservedWarmUp } from './warm-up.ts';
import {
  askFirst,
  checkConformance,
  compareReplies,
  type FirstReplies,
  type LearnedLoad,
} from '../trial/conformance.ts';
import { startReady, withLog } from '../trial/ready-instance.ts';

/**
 * Asks every environment whether this host can run it, and lets the usable ones remove what killed runs left.
 * @throws Error when one that `TARE_REQUIRE` names is not usable.
 */
export async function findUsable(
  environments: readonly Environment[],
  listener: Listener,
  signal: AbortSignal,
): Promise<{ readonly usable: readonly Usable[]; readonly unusable: readonly Unusable[] }> {
  const usable: Usable[] = [];
  const unusable: Unusable[] = [];
  const required = requiredKinds();
  for (const environment of environments) {
    signal.throwIfAborted();
    const { name, kind } = environment;
    const availability = plainAvailability(await environment.probe(signal));
    // the result of an interrupted probe means nothing
    signal.throwIfAborted();
    listener({ kind: 'probed', environment: name, availability });
    if (availability.usable) {
      const { facts, isolation } = availability;
      requireIsolation(name, isolation);
      usable.push({ environment, facts, isolation });
      for (const what of await environment.reap(undefined, signal))
        listener({ kind: 'reaped', what: plainText(what) });
      continue;
    }
    const { reason, remedy } = availability;
    if (required.has(kind)) {
      throw new Error(
        `TARE_REQUIRE names ${kind}, but ${name} is not usable here: ${reason}. Remedy: ${remedy}`,
      );
    }
    unusable.push({ name, kind, facts: {}, status: 'unavailable', reason, remedy });
  }
  return { usable, unusable };
}

/** @throws Error in one line when it is none: the run file could not be written at the end. */
function requireIsolation(name: string, isolation: Isolation | undefined): void {
  const issue = isolationSchema.optional().safeParse(isolation).error?.issues[0];
  if (issue === undefined) return;
  throw new Error(
    `${name}: isolation.${issue.path.join('.')}: ${issue.message}; expected as the type Isolation says`,
  );
}

/** A reason may contain output of other programs. */
function plainAvailability(found: Availability): Availability {
  return found.usable ? found : { ...found, reason: plainText(found.reason) };
}

/** What was found out about the environments that are ready, and which ones failed. */
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
  const diagnostics: Diagnostic[] = [];
  const learned = new Map<string, LearnedLoad>();
  const keyOf = (workload: string, environment: string): string =>
    preparation.repliesLike === 'own' ? `${workload} in ${environment}` : workload;
  // the others are compared with the baseline
  const isBaseline = ({ environment }: Usable): boolean => environment.name === preparation.baseline;
  const inOrder = [...usable.filter(isBaseline), ...usable.filter((each) => !isBaseline(each))];
  for (const candidate of inOrder) {
    const { name, kind } = candidate.environment;
    let facts = candidate.facts;
    let startKind: StartKind | undefined;
    const own: Checked[] = [];
    const obstacles = obstaclesOf(candidate.environment, preparation);
    if (obstacles.size === preparation.workloads.length) {
      const unavailable = cannotRun(candidate, obstacles);
      listener({ kind: 'probed', environment: name, availability: { usable: false, ...unavailable } });
      failed.push(unavailable);
      continue;
    }
    const left = [...obstacles].map(([workload, { reason, remedy }]) =>
      notRun(`${name} does not run ${workload}: ${reason}. Remedy: ${remedy}`, name === preparation.baseline),
    );
    for (const { message } of left) listener({ kind: 'told', message });
    diagnostics.push(...left);
    try {
      listener({ kind: 'preparing', environment: name });
      for (const workload of preparation.workloads.filter((each) => !obstacles.has(each.name))) {
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
        startKind = checked.startKind;
        if (!learned.has(key)) learned.set(key, load);
      }
      ready.push({
        ...candidate,
        facts,
        ...(startKind !== undefined && { startKind }),
      });
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
    diagnostics: [...diagnostics, ...found.flatMap((each) => each.diagnostics)],
  };
}

/** What an environment cannot run, by workload. */
function obstaclesOf(environment: Environment, preparation: Preparation): ReadonlyMap<string, Obstacle> {
  return new Map(
    preparation.workloads.flatMap((workload) => {
      const obstacle = obstacleTo(workload, environment, preparation);
      return obstacle === undefined ? [] : [[workload.name, obstacle] as const];
    }),
  );
}

/** @throws Error when `TARE_REQUIRE` names the environment. */
function cannotRun(
  { environment: { name, kind }, facts }: Usable,
  obstacles: ReadonlyMap<string, Obstacle>,
): Extract<Unusable, { status: 'unavailable' }> {
  const [[workload, { reason, remedy }] = ['', { reason: '', remedy: '' }]] = obstacles;
  const why = `it cannot run ${workload}: ${reason}`;
  if (requiredKinds().has(kind)) {
    throw new Error(`TARE_REQUIRE names ${kind}, but ${name} is of no use here: ${why}. Remedy: ${remedy}`);
  }
  return { name, kind, facts, status: 'unavailable', reason: why, remedy };
}

function notRun(message: string, isBaseline: boolean): Diagnostic {
  const lost = isBaseline ? '. It is the baseline: there are no verdicts on this workload' : '';
  return { level: 'warning', code: 'app-not-run', message: `${message}${lost}` };
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

type Checked = {
  /** What each served in a closed loop; empty when no arrival rate is to be found. */
  readonly capacities: readonly Capacity[];
  /** How fresh instances warmed up; empty when the warm-up is given. */
  readonly warmUps: readonly WarmUp[];
  readonly diagnostics: readonly Diagnostic[];
};

type CheckedStart = Checked & {
  readonly load: LearnedLoad;
  readonly startKind: StartKind;
};

/**
 * Starts a workload in an environment as the trials will, and checks that it answers right: the questions of the workload,
 * and what it will be loaded with. Where the run wants to know: loads it for a moment to see what it serves, and fresh
 * instances to see how they warm up.
 * @param known what the replies are compared with; undefined where they are to be learned here.
 * @throws Error when it does not get healthy or answers wrongly, with its last log lines; nothing is left running.
 */
async function checkEnvironment(
  environment: Environment,
  workload: Workload,
  preparation: Preparation,
  known: LearnedLoad | undefined,
  listener: Listener,
  signal: AbortSignal,
): Promise<CheckedStart> {
  const { load } = preparation;
  const of = { environment: environment.name, workload: workload.name };
  listener({ kind: 'checking', ...of });
  const isRateWanted = load.open !== undefined && load.open.rateRps === undefined;
  const isWarmUpWanted = load.warmupMs === undefined;
  // only one instance of a machine, or of a workload with a fixed port, can be up
  const hasWarmCopy = environment.sideBySide === true && workload.port === undefined;
  const watchWarmUp = async (
    { requests }: LearnedLoad,
    warm: Instance | undefined,
  ): Promise<ObservedWarmUp> => {
    listener({ kind: 'warming-up', ...of });
    return watchFresh(environment, workload, preparation, requests, warm, signal);
  };

  const instance = await startFor(environment, workload, preparation, signal);
  const { startKind } = instance;
  // of what runs already there is no fresh instance
  const isFreshWanted = isWarmUpWanted && startKind !== 'running';
  let checked: CheckedStart;
  let asked: LearnedLoad;
  try {
    const diagnostics = await checkAnswers(environment, workload, instance, signal);
    await setUpData(workload, instance.url, preparation.seed, signal);
    const first = await checkReplies(environment, workload, instance, preparation, known, signal);
    asked = first.asked;
    const probedRps =
      isRateWanted || (isFreshWanted && hasWarmCopy)
        ? await capacityOf(instance, asked, preparation, signal)
        : undefined;
    const seen = isFreshWanted && hasWarmCopy ? await watchWarmUp(asked, instance) : undefined;
    // seconds in which others had their slices say more than a moment on a host that changes its speed
    const rps = seen?.warmRps ?? probedRps;
    const capacities = isRateWanted && rps !== undefined ? [{ ...of, rps }] : [];
    const warmUps = seen === undefined ? [] : [seen.warmUp];
    checked = { capacities, warmUps, diagnostics, load: known ?? (await first.learn()), startKind };
  } catch (error) {
    const log = signal.aborted ? '' : await instance.lastLog().catch(() => '');
    if (log === '') throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(withLog(message, log), { cause: error });
  } finally {
    await instance.stop();
  }
  if (!isFreshWanted || hasWarmCopy) return checked;
  return { ...checked, warmUps: [(await watchWarmUp(asked, undefined)).warmUp] };
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
  const message = `${name}: ${workload.name} closes connections after a reply: every request pays for a new one`;
  return [{ level: 'warning', code: 'connection-close', message }];
}

/**
 * Sends the requests of the load: compares the replies with the known ones or, the first time, learns them.
 */
async function checkReplies(
  { name }: Environment,
  workload: Workload,
  { url }: Instance,
  preparation: Preparation,
  known: LearnedLoad | undefined,
  signal: AbortSignal,
): Promise<FirstReplies> {
  try {
    if (known === undefined) return await askFirst(url, mixOf(workload, preparation), name, signal);
    await compareReplies(url, known.requests, signal);
    return { asked: known, learn: () => Promise.resolve(known) };
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${workload.name} answers wrongly: ${message}`, { cause: error });
  }
}

/** What an instance serves in a closed loop; afterwards it is warm. */
function capacityOf(
  instance: Instance,
  asked: LearnedLoad,
  { load, seed, generatorCpus: cpus }: Preparation,
  signal: AbortSignal,
): Promise<number> {
  return whileRunning([instance], signal, (running) =>
    probeCapacity(instance, asked, { load, seed, cpus }, running),
  );
}

/** @throws Error as soon as one of the instances has ended: its replies would be awaited in vain. */
function whileRunning<Result>(
  instances: readonly Instance[],
  signal: AbortSignal,
  load: (running: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  for (const { ended } of instances)
    void ended.then((reason) => {
      over.abort(new Error(`${reason} under load before the first round`));
    });
  return load(AbortSignal.any([signal, over.signal]));
}

/** Number of fresh instances beside a warm one; without a warm one there is a single fresh one. */
const freshInstances = 3;

/** Watches how instances that have not had a request yet warm up. */
async function watchFresh(
  environment: Environment,
  workload: Workload,
  preparation: Preparation,
  requests: LearnedLoad['requests'],
  warm: Instance | undefined,
  signal: AbortSignal,
): Promise<ObservedWarmUp> {
  const { load, seed, generatorCpus } = preparation;
  const fresh: Instance[] = [];
  try {
    while (fresh.length < (warm === undefined ? 1 : freshInstances)) {
      const instance = await startFor(environment, workload, preparation, signal);
      fresh.push(instance);
      await setUpData(workload, instance.url, seed, signal);
    }
    const observation = {
      workload: workload.name,
      environment: environment.name,
      fresh: fresh.map(({ url }) => url),
      warm: warm?.url,
      requests,
      load,
      seed,
      generatorCpus,
    };
    return await whileRunning(warm === undefined ? fresh : [...fresh, warm], signal, (running) =>
      observeWarmUp(observation, running),
    );
  } finally {
    await Promise.all(fresh.map((instance) => instance.stop()));
  }
}
