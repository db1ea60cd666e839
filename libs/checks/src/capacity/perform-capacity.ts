import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GeneratorError } from '@tare/metrics';
import {
  appendCapacityStep,
  capacityFileSchemaVersion,
  type Capacity,
  type CapacityConfig,
  type CapacityFile,
  type CapacityStep,
  type PassCapacity,
  toldDiagnostic,
} from '@tare/results';
import {
  describeConfig,
  hostFacts,
  mixOf,
  obstacleTo,
  prepareHost,
  requireReady,
  type HostOptions,
  type PreparedHost,
  type RunEvent,
  type Unusable,
  type Usable,
} from '@tare/runner';
import { roundOrders } from '@tare/statistics';
import { capacityDiagnostics, combinePasses } from './capacities.ts';
import type { CapacityPlan } from './capacity-plan.ts';
import type { SearchAim } from './capacity-search.ts';
import { proveGenerator } from './prove-generator.ts';
import { searchInstance } from './search-instance.ts';

const leastRps = 1;
const maxSteps = 40;

/** The events that only a search for capacities has. */
export type SearchEvent =
  | {
      readonly kind: 'capacity-started';
      readonly runId: string;
      readonly seed: number;
      readonly searches: number;
      readonly journal: string;
    }
  | { readonly kind: 'generator-proving' }
  | { readonly kind: 'generator-proven'; readonly generatorRps: number }
  | { readonly kind: 'search-started'; readonly place: SearchPlace }
  | { readonly kind: 'step-finished'; readonly place: SearchPlace; readonly step: CapacityStep }
  | { readonly kind: 'search-finished'; readonly place: SearchPlace; readonly found: PassCapacity }
  | { readonly kind: 'capacity-finished'; readonly steps: number; readonly elapsedMs: number };

/** The events of a search for capacities, emitted as they happen, and those of every run. */
export type CapacityEvent = RunEvent | SearchEvent;

type SearchPlace = {
  /** Number of the search, from 1. */
  readonly search: number;
  readonly searches: number;
  readonly pass: number;
  readonly workload: string;
  readonly environment: string;
};

export type CapacityListener = (event: CapacityEvent) => void;

export type CapacityRunOptions = Omit<HostOptions, 'listener'> & {
  readonly plan: CapacityPlan;
  readonly listener: CapacityListener;
};

export type CapacityRun = { readonly capacity: CapacityFile; readonly journalFolder: string };

/**
 * Searches the highest arrival rate that meets an objective, for every workload in every usable environment, in each pass
 * on a fresh instance and in another random order. Every step is in steps.jsonl before the next begins. An environment
 * that fails is left out of the later passes; the others go on.
 * @throws Error with one line; nothing is left running, and the journal keeps the steps so far.
 */
export async function performCapacity(options: CapacityRunOptions): Promise<CapacityRun> {
  // no arrival rate is to be found while the environments are prepared, and machines are not booted again for an instance
  const { config } = options;
  const hostConfig = { ...config, coldBoots: 0, load: { ...config.load, open: undefined } };
  const hostOptions = { ...options, config: hostConfig };
  try {
    await using host = await prepareHost(hostOptions);
    return await searchOn(host, options);
  } catch (error) {
    // whatever was under way failed because of the interruption, whose reason says more
    throw options.signal.aborted ? (options.signal.reason as Error) : error;
  }
}

async function searchOn(host: PreparedHost, options: CapacityRunOptions): Promise<CapacityRun> {
  const {
    config: { guards },
    plan,
    listener,
    signal,
  } = options;
  const { preparation, seed, runId } = host;
  requireReady(host);
  const journalFolder = join(options.runsFolder, runId);
  await mkdir(journalFolder, { recursive: true });
  const searches = plan.passes * preparation.workloads.length * host.ready.length;
  listener({ kind: 'capacity-started', runId, seed, searches, journal: journalFolder });

  listener({ kind: 'generator-proving' });
  const generatorRps = await proveGenerator(
    {
      requests: preparation.workloads.flatMap((workload) => mixOf(workload, preparation)),
      seed,
      slo: plan.slo,
      guards,
      startRps: plan.startRps,
      maxRps: plan.maxRps,
      serverCpus: preparation.context.resources.serverCpus,
      generatorCpus: preparation.generatorCpus,
    },
    signal,
  );
  listener({ kind: 'generator-proven', generatorRps });

  const aim: SearchAim = {
    startRps: plan.startRps,
    leastRps,
    maxRps: Math.min(plan.maxRps, generatorRps),
    maxIs: generatorRps < plan.maxRps ? 'generator' : 'maximum',
    tolerance: plan.tolerance,
    maxSteps,
  };
  const searched = await searchAll(options, host, aim, journalFolder);
  const elapsedMs = Date.now() - host.startedAt.getTime();
  listener({ kind: 'capacity-finished', steps: searched.steps.length, elapsedMs });
  const config = describeCapacity(options, host);
  return {
    journalFolder,
    capacity: {
      schema: capacityFileSchemaVersion,
      id: runId,
      startedAt: host.startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      seed,
      host: await hostFacts(),
      config,
      environments: listEnvironments(options, host, searched.failed),
      generatorRps,
      steps: [...searched.steps],
      capacities: [...searched.capacities],
      diagnostics: [
        ...host.diagnostics,
        ...host.told.map(toldDiagnostic),
        ...capacityDiagnostics(searched.capacities, searched.steps, config),
      ],
    },
  };
}

type Searched = {
  readonly steps: readonly CapacityStep[];
  readonly capacities: readonly Capacity[];
  readonly failed: readonly Unusable[];
};

async function searchAll(
  { config: { guards }, plan, listener, signal }: CapacityRunOptions,
  { preparation, loads, load, seed, ready }: PreparedHost,
  aim: SearchAim,
  journalFolder: string,
): Promise<Searched> {
  const steps: CapacityStep[] = [];
  const failed: Unusable[] = [];
  const found: { readonly workload: string; readonly environment: string; readonly pass: PassCapacity }[] =
    [];
  const names = ready.map(({ environment }) => environment.name);
  const searches = plan.passes * preparation.workloads.length * names.length;
  let search = 0;
  for (const [index, order] of roundOrders(names, plan.passes, seed).entries()) {
    for (const workload of preparation.workloads) {
      for (const { environment, facts } of order.flatMap((name) => named(ready, name) ?? [])) {
        if (obstacleTo(workload, environment, preparation) !== undefined) continue;
        search += 1;
        if (failed.some(({ name }) => name === environment.name)) continue;
        signal.throwIfAborted();
        const pass = index + 1;
        const { name, kind } = environment;
        const place = { search, searches, pass, workload: workload.name, environment: name };
        listener({ kind: 'search-started', place });
        const keep = async (step: CapacityStep): Promise<void> => {
          steps.push(step);
          await appendCapacityStep(join(journalFolder, 'steps.jsonl'), step);
          listener({ kind: 'step-finished', place, step });
        };
        try {
          const ofPass = await searchInstance(
            {
              environment,
              workload,
              preparation,
              mix: loads.of(workload.name, name),
              load,
              plan,
              aim,
              guards,
              pass,
              keep,
            },
            signal,
          );
          found.push({ workload: workload.name, environment: name, pass: ofPass });
          listener({ kind: 'search-finished', place, found: ofPass });
        } catch (error) {
          signal.throwIfAborted();
          // what the generator lacks, it lacks in every environment
          if (error instanceof GeneratorError) throw error;
          const reason = error instanceof Error ? error.message : String(error);
          listener({ kind: 'failed', environment: name, reason });
          failed.push({ name, kind, facts, status: 'failed', reason });
        }
      }
    }
  }
  const capacities = preparation.workloads.flatMap(({ name: workload }) =>
    names.flatMap((environment) => {
      const passes = found
        .filter((each) => each.workload === workload && each.environment === environment)
        .map(({ pass }) => pass);
      return passes.length === 0 ? [] : [combinePasses(workload, environment, passes)];
    }),
  );
  return { steps, capacities, failed };
}

function named(ready: readonly Usable[], name: string): Usable | undefined {
  return ready.find(({ environment }) => environment.name === name);
}

function describeCapacity(
  { config, plan }: CapacityRunOptions,
  { preparation, load }: PreparedHost,
): CapacityConfig {
  const { context, generatorCpus } = preparation;
  const { workloads, resources } = describeConfig(
    { ...config, load },
    context,
    generatorCpus,
    undefined,
    preparation.requests,
  );
  const { cpus, memoryMiB, serverCpus } = resources;
  return {
    ...plan,
    workloads: workloads.map(({ name, requestPath, parameters }) => ({ name, requestPath, parameters })),
    environments: config.environments.map(({ name }) => name),
    warmupMs: load.warmupMs,
    connections: config.load.connections,
    resources: { cpus, memoryMiB, serverCpus, generatorCpus: resources.generatorCpus },
  };
}

function listEnvironments(
  { config }: CapacityRunOptions,
  { ready, unusable }: PreparedHost,
  failed: readonly Unusable[],
): CapacityFile['environments'] {
  const order = config.environments.map(({ name }) => name);
  const measured = ready
    .filter(({ environment }) => !failed.some(({ name }) => name === environment.name))
    .map(({ environment: { name, kind }, facts }) => ({ name, kind, facts, status: 'measured' as const }));
  return [...measured, ...unusable, ...failed].sort(
    (one, other) => order.indexOf(one.name) - order.indexOf(other.name),
  );
}
