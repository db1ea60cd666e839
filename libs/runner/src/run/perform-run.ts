import type { Environment } from '@tare/environment';
import { isEmulated, openJournal, type RunFile, runFileSchemaVersion, type Trial } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { arrivalRates } from './arrival-rates.ts';
import { assembleRun } from './assemble-run.ts';
import { marginDiagnostics } from './diagnostics.ts';
import { describeConfig, hostFacts } from './describe-config.ts';
import { type HostOptions, type PreparedHost, prepareHost } from './prepared-host.ts';
import { measureRounds } from './rounds.ts';
import type { LostEnvironment, RunStart, Usable } from './run-events.ts';

export type RunResult = { readonly run: RunFile; readonly journalFolder: string };

/**
 * A whole run: finds the usable environments, prepares and checks them, measures every one once in every round in a
 * seeded random order, and sums up. Every finished trial is in the journal before the next begins.
 * @throws Error with one line; nothing is left running, and the journal keeps the trials so far.
 */
export async function performRun(options: HostOptions): Promise<RunResult> {
  try {
    await using host = await prepareHost(options);
    return await measureOn(host, options);
  } catch (error) {
    // whatever was under way failed because of the interruption, whose reason says more
    throw options.signal.aborted ? (options.signal.reason as Error) : error;
  }
}

async function measureOn(host: PreparedHost, options: HostOptions): Promise<RunResult> {
  requireReady(host);
  const { listener, signal, ending } = options;
  const config = { ...options.config, load: host.load };
  const { runId, startedAt, seed, preparation } = host;
  const { artifacts, context, generatorCpus, requests } = preparation;
  const rates = arrivalRates(host.capacities, host.ready, config.load.open);
  const controls = controlsOf(config, host.ready);
  const control = controls[0]?.environment.name;
  const measured = [...host.ready, ...controls];
  const unjudged = measured.filter(isEmulated).map(({ environment }) => environment.name);
  const header = {
    schema: runFileSchemaVersion,
    id: runId,
    startedAt: startedAt.toISOString(),
    seed,
    host: await hostFacts(),
    config: describeConfig(config, context, generatorCpus, control, requests),
    artifacts: Object.fromEntries(
      [...artifacts].map(([name, { sha256, bytes }]) => [name, { sha256, bytes }]),
    ),
  } as const;
  const runStart: RunStart = {
    header,
    margins: config.margins,
    unjudged,
    measured,
    unusable: host.unusable,
    warmUps: host.warmUps,
    diagnostics: [...host.diagnostics, ...rates.diagnostics, ...marginDiagnostics(config.margins)],
    configuredOrder: config.environments.map(({ name }) => name),
  };
  listener({ kind: 'environments-ready', runStart });
  const journalFolder = `${options.runsFolder}/${runId}`;
  const journal = await openJournal(journalFolder, header);
  try {
    const session = {
      ...host,
      config,
      listener,
      signal,
      ending,
      rates,
      measured,
      control,
      unjudged,
      journal,
      journalFolder,
      judgeLook: options.judgeLook,
    };
    const { trials, repeats, plan, lost, diagnostics } = await measureRounds(session);
    listener({ kind: 'run-finished', trials: trials.length, elapsedMs: Date.now() - startedAt.getTime() });
    requireTrials(trials, lost);
    const run = assembleRun({
      ...runStart,
      diagnostics: [...runStart.diagnostics, ...host.told, ...diagnostics],
      finishedAt: new Date().toISOString(),
      trials,
      repeats,
      plan,
      lost,
    });
    return { run, journalFolder };
  } finally {
    await journal.close();
  }
}

/** The second copy of the baseline, if the run is to have one. */
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
    name: `${environment.name}:control`,
    reap: () => Promise.resolve([]),
    dispose: () => Promise.resolve(),
  };
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
