import { isEmulated, openJournal, runFileSchemaVersion, type RunFile } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { RunOutset } from '../progress/run-so-far.ts';
import { arrivalRates } from './arrival-rates.ts';
import { assembleRun } from './assemble-run.ts';
import { describeConfig } from './describe-config.ts';
import { hostFacts } from './host-facts.ts';
import { measureRounds } from './measure-rounds.ts';
import { withPreparedHost, type HostOptions, type PreparedHost } from './prepared-host.ts';
import { twinName, twinOf } from './twin.ts';
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
    requireBaseline(config.baseline, host);

    const rates = arrivalRates(host.capacities, host.ready, config.load.open);
    const ready = [...host.ready, ...twinsOf(config, host.ready)];
    const twin = config.control ? twinName(config.baseline) : undefined;
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
      const { trials, repeats, plan } = await measureRounds(
        {
          ...measuring,
          keep: (trial) => journal.append(trial),
          keepFailure: (failure) => journal.fail(failure),
        },
        ready,
      );
      listener({ kind: 'run-finished', trials: trials.length, elapsedMs: Date.now() - startedAt.getTime() });
      const run = assembleRun({
        ...outset,
        diagnostics: [...outset.diagnostics, ...host.told],
        finishedAt: new Date().toISOString(),
        trials,
        repeats,
        plan,
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

function requireBaseline(baseline: string, { ready, unusable }: PreparedHost): void {
  if (ready.some(({ environment }) => environment.name === baseline)) return;
  const why = unusable.find(({ name }) => name === baseline)?.reason ?? 'it is not in this run';
  throw new Error(`the baseline ${baseline} cannot be measured: ${why}`);
}
