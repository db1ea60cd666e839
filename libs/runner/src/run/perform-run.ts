import type { Environment } from '@tare/environment';
import {
  isEmulated,
  isWhole,
  type JournalHeader,
  type LostEnvironment,
  marginDiagnostics,
  openJournal,
  readJournal,
  type RunFile,
  runFileSchemaVersion,
  runOfJournal,
  roundsIn,
  toldDiagnostic,
  type Trial,
} from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { type ArrivalRates, arrivalRates } from './arrival-rates.ts';
import { describeConfig, hostFacts } from './describe-config.ts';
import { type HostOptions, type PreparedHost, prepareHost } from './prepared-host.ts';
import { digestsOf, requireSameEnvironments, wantedOf } from './resume.ts';
import { shortestOpenMs } from './round-sizes.ts';
import { measureRounds } from './rounds.ts';
import type { Usable } from './run-events.ts';

export type RunResult = { readonly run: RunFile; readonly journalFolder: string };

/**
 * Makes a whole run: finds the usable environments, prepares and checks them, measures each one once in every round in a
 * seeded random order, and sums up. Every finished trial is in the journal before the next begins; the run file is made from the
 * journal alone.
 * @throws Error with one line; nothing is left running, and the journal keeps the trials so far.
 */
export async function performRun(options: HostOptions): Promise<RunResult> {
  const { resume, runsFolder } = options;
  if (resume !== undefined && isWhole(resume))
    return { run: runOfJournal(resume), journalFolder: `${runsFolder}/${resume.header.id}` };
  const beganAtMs = performance.now();
  try {
    await using host = await prepareHost(options);
    return await measureOn(host, options, beganAtMs);
  } catch (error) {
    // whatever was under way failed because of the interruption, whose reason says more
    throw options.signal.aborted ? (options.signal.reason as Error) : error;
  }
}

async function measureOn(host: PreparedHost, options: HostOptions, beganAtMs: number): Promise<RunResult> {
  const { listener, signal, ending, resume } = options;
  if (resume === undefined) requireReady(host);
  const config = { ...options.config, load: host.load };
  const controls = controlsOf(config, host.ready);
  const able = [...host.ready, ...controls];
  const header = resume?.header ?? (await headerOf(host, options, config, able));
  if (resume !== undefined) requireSameEnvironments(resume.header, able);
  const rates = ratesOf(header);
  const measured = header.environments.flatMap(({ name, status }): readonly Usable[] => {
    const found = able.find(({ environment }) => environment.name === name);
    // what was lost before the run was interrupted is not prepared again, but keeps its place in the order
    const lost = config.environments.find((each) => each.name === name);
    if (status !== 'measured') return [];
    return found !== undefined ? [found] : lost !== undefined ? [{ environment: lost, facts: {} }] : [];
  });
  listener({ kind: 'environments-ready', header });
  const journalFolder = `${options.runsFolder}/${host.runId}`;
  const journal = await openJournal(journalFolder, header);
  const known = roundsIn(resume?.lines ?? []);
  const told = new Set([
    ...header.diagnostics.map(({ message }) => message),
    ...known.flatMap((each) => each.told),
  ]);
  try {
    const session = {
      ...host,
      config,
      listener,
      signal,
      ending,
      rates,
      measured,
      control: header.config.control ?? undefined,
      unjudged: header.unjudged,
      journal,
      journalFolder,
      isResumed: resume !== undefined,
      known,
      newlyTold: () => {
        const news = host.told.filter((message) => !told.has(message));
        for (const message of news) told.add(message);
        return news;
      },
      judgeLook: options.judgeLook,
    };
    const { trials, lost } = await measureRounds(session);
    listener({ kind: 'run-finished', trials: trials.length, elapsedMs: performance.now() - beganAtMs });
    requireTrials(trials, lost);
  } finally {
    await journal.close();
  }
  return { run: runOfJournal(await readJournal(journalFolder)), journalFolder };
}

/** What is known before the first trial. */
async function headerOf(
  host: PreparedHost,
  { asks = 'run' }: HostOptions,
  config: Parameters<typeof describeConfig>[0],
  measured: readonly Usable[],
): Promise<JournalHeader> {
  const { artifacts, context, generatorCpus, requests } = host.preparation;
  const control = measured.find(({ environment: { name } }) => name === controlName(config.baseline));
  const { open } = config.load;
  const isChosen = config.rounds.kind === 'looks' && config.chosen.openDuration;
  const shortest = open && isChosen ? { ...open, durationMs: shortestOpenMs } : open;
  const rates = arrivalRates(host.capacities, host.ready, shortest);
  const order = config.environments.map(({ name }) => name);
  // the control is in no configuration: it comes last
  const place = ({ name }: { readonly name: string }): number =>
    order.includes(name) ? order.indexOf(name) : order.length;
  const environments: JournalHeader['environments'] = [
    ...measured.map(({ environment: { name, kind }, facts, isolation: found }) => {
      const isolation = found && { ...found, namespaces: [...found.namespaces] };
      return { name, kind, facts, ...(isolation && { isolation }), status: 'measured' as const };
    }),
    ...host.unusable,
  ];
  return {
    schema: runFileSchemaVersion,
    id: host.runId,
    startedAt: host.startedAt.toISOString(),
    seed: host.seed,
    host: await hostFacts(),
    config: describeConfig(config, context, generatorCpus, control?.environment.name, requests),
    artifacts: Object.fromEntries(
      [...artifacts].map(([name, { sha256, bytes }]) => [name, { sha256, bytes }]),
    ),
    environments: environments.toSorted((one, other) => place(one) - place(other)),
    ...(host.warmUps !== undefined && { warmUps: [...host.warmUps] }),
    diagnostics: [
      ...host.diagnostics,
      ...rates.diagnostics,
      ...marginDiagnostics(config.margins),
      ...host.told.map(toldDiagnostic),
    ],
    asks,
    wanted: wantedOf(config),
    margins: { ...config.margins },
    unjudged: measured.filter(isEmulated).map(({ environment }) => environment.name),
    rates: config.workloads.flatMap(({ name: workload }) =>
      measured.flatMap(({ environment: { name: environment } }) => {
        const rps = rates.of(workload, environment);
        return rps === undefined ? [] : [{ workload, environment, rps }];
      }),
    ),
    requests: digestsOf(requests),
  };
}

/** The rates of a run, which are found once, before its first round. */
function ratesOf({ rates }: JournalHeader): Pick<ArrivalRates, 'of'> {
  return {
    of: (workload, environment) =>
      rates.find((each) => each.workload === workload && each.environment === environment)?.rps,
  };
}

/** The second copy of the baseline, if the run has one. */
function controlsOf({ control, baseline }: ResolvedConfig, ready: readonly Usable[]): readonly Usable[] {
  return ready
    .filter(({ environment }) => control && environment.name === baseline)
    .map((each) => ({ ...each, environment: controlOf(each.environment) }));
}

/**
 * The same environment under another name: measured in every round like the others, it must come out the same as the
 * original. What the two share is reaped and disposed of once, by the original.
 */
function controlOf(environment: Environment): Environment {
  return {
    ...environment,
    name: controlName(environment.name),
    reap: () => Promise.resolve([]),
    dispose: () => Promise.resolve(),
  };
}

function controlName(baseline: string): string {
  return `${baseline}:control`;
}

/** @throws Error with the reasons when no environment is ready. */
export function requireReady({ ready, unusable }: Pick<PreparedHost, 'ready' | 'unusable'>): void {
  if (ready.length === 0) throw noneMeasured(unusable);
}

function requireTrials(trials: readonly Trial[], lost: readonly LostEnvironment[]): void {
  if (trials.length === 0) throw noneMeasured(lost);
}

function noneMeasured(
  failed: readonly { readonly name: string; readonly reason: string; readonly remedy?: string | undefined }[],
): Error {
  const reasons = failed.map(({ name, reason, remedy }) => {
    const said = reason.startsWith(`${name}: `) ? reason : `${name}: ${reason}`;
    return remedy === undefined ? said : `${said}. Remedy: ${remedy}`;
  });
  return new Error(`no environment can be measured: ${reasons.join('; ')}`);
}
