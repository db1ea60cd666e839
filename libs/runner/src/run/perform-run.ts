import { isEmulated, openJournal, runFileSchemaVersion, type RunFile, type Trial } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { RunOutset } from '../progress/run-so-far.ts';
import { arrivalRates } from './arrival-rates.ts';
import { assembleRun, type LostEnvironment } from './assemble-run.ts';
import { describeConfig } from './describe-config.ts';
import { hostFacts } from './host-facts.ts';
import { measureRounds } from './measure-rounds.ts';
import { withPreparedHost, type HostOptions, type PreparedHost } from './prepared-host.ts';
import { twinOf } from './twin.ts';
import type { Usable } from './usable-environments.ts';

export type RunResult = { readonly run: RunFile; readonly journalFolder: string };

/**
 * A whole run: finds the usable environments, prepares and checks them, measures every one once in every round in a
 * seeded random order, and sums up. Every finished trial is in the journal before the next begins.
 * @throws Error with one line; nothing is left running, and the journal keeps the trials so far.
 */
export function performRun(options: HostOptions): Promise<RunResult> {
  return withPreparedHost(options, async (host) => {
    const { listener, signal } = options;
    const config = { ...options.config, load: host.load };
    const { runId, startedAt, seed, preparation, unusable } = host;
    const { generatorCpus, context } = preparation;
    requireReady(host);

    const rates = arrivalRates(host.capacities, host.ready, config.load.open);
    const twins = twinsOf(config, host.ready);
    const ready = [...host.ready, ...twins];
    const twin = twins[0]?.environment.name;
    const unjudged = ready
      .filter(({ facts }) => isEmulated({ facts }))
      .map(({ environment }) => environment.name);
    const header = {
      schema: runFileSchemaVersion,
      id: runId,
      startedAt: startedAt.toISOString(),
      seed,
      host: await hostFacts(),
      config: describeConfig(config, context, generatorCpus, twin, preparation.requests),
      artifacts: Object.fromEntries(
        [...preparation.artifacts].map(([name, { sha256, bytes }]) => [name, { sha256, bytes }]),
      ),
    } as const;
    const outset: RunOutset = {
      header,
      margins: config.margins,
      unjudged,
      measured: ready,
      unusable,
      warmUps: host.warmUps,
      diagnostics: [...host.diagnostics, ...rates.diagnostics],
      configuredOrder: config.environments.map(({ name }) => name),
    };
    listener({ kind: 'environments-ready', outset });
    const journalFolder = `${options.runsFolder}/${runId}`;
    const journal = await openJournal(journalFolder, header);
    try {
      const measuring = {
        config,
        listener,
        signal,
        preparation,
        loads: host.loads,
        rates,
        seed,
        runId,
        journalFolder,
        twin,
        unjudged,
      };
      const { trials, repeats, plan, lost } = await measureRounds(
        {
          ...measuring,
          keep: (trial) => journal.append(trial),
          keepFailure: (failure) => journal.fail(failure),
        },
        ready,
      );
      listener({ kind: 'run-finished', trials: trials.length, elapsedMs: Date.now() - startedAt.getTime() });
      requireTrials(trials, lost);
      const run = assembleRun({
        ...outset,
        diagnostics: [...outset.diagnostics, ...host.told],
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
  });
}

/** The second copy of the baseline, if the run is to have one. */
function twinsOf({ control, baseline }: ResolvedConfig, ready: readonly Usable[]): readonly Usable[] {
  return ready
    .filter(({ environment }) => control && environment.name === baseline)
    .map(({ environment, facts }) => ({ environment: twinOf(environment), facts }));
}

/** @throws Error with the reasons when no environment is ready. */
export function requireReady({ ready, unusable }: Pick<PreparedHost, 'ready' | 'unusable'>): void {
  if (ready.length === 0) throw noneMeasured(unusable);
}

function requireTrials(trials: readonly Trial[], lost: readonly LostEnvironment[]): void {
  if (trials.length === 0) throw noneMeasured(lost);
}

function noneMeasured(failed: readonly { readonly name: string; readonly reason: string }[]): Error {
  const reasons = failed.map(({ name, reason }) =>
    reason.startsWith(`${name}: `) ? reason : `${name}: ${reason}`,
  );
  return new Error(`no environment can be measured: ${reasons.join('; ')}`);
}
