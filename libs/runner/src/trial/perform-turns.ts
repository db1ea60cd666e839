import { generateTurns, sumMeter, type TurnsSide } from '@tare/metrics';
import type { Trial } from '@tare/results';
import { watchHost } from './host-watch.ts';
import { trialSamples } from './resource-use.ts';
import { beginTrial, trialError, trialOf, type RunningTrial } from './running-trial.ts';
import { generatorSlackMs, openWindowOf, requestTimeoutSeconds, type TrialPlan } from './trial-plan.ts';

/**
 * The trials of environments that are up side by side: started one after the other, warmed up one after the other, then
 * loaded in turns, so that what slows the host down for a while slows them all; then each has its open-loop window, alone.
 * @param plans of the same load, whose window is a duration; at least one.
 * @returns the trials in their order.
 * @throws Error that names the environment that failed; all instances are stopped in every case.
 */
export async function performTurns(
  plans: readonly TrialPlan[],
  turnMs: number,
  signal: AbortSignal,
): Promise<readonly Trial[]> {
  const [first] = plans;
  if (first?.load.window.kind !== 'duration') {
    throw new Error('turns: expected environments, and a window that is a duration');
  }
  const { load, seed, generatorCpus, launch } = first;
  const { durationMs } = first.load.window;
  const running: RunningTrial[] = [];
  const over = new AbortController();
  let ended: RunningTrial | undefined;
  try {
    for (const plan of plans) running.push(await beginTrial(plan, signal));
    const together = sumMeter(
      'all that take turns',
      running.map(({ meters }) => meters.gross),
    );
    const host = watchHost(together, launch.context.resources.serverCpus);
    for (const each of running) {
      void each.instance.ended.then((reason) => {
        ended ??= each;
        over.abort(new Error(`${reason} during the trial`));
      });
    }
    const sides = running.map(({ plan, instance }): TurnsSide => {
      const open = openWindowOf(plan);
      return {
        origin: instance.url.origin,
        requests: plan.requests,
        ...(open !== undefined && { open }),
      };
    });
    let windows = sides.filter(({ open }) => open !== undefined).length;
    const outcomes = await generateTurns(
      {
        sides,
        seed,
        connections: load.connections,
        warmupMs: load.warmupMs,
        turnMs,
        durationMs,
        timeoutSeconds: requestTimeoutSeconds,
      },
      {
        cpus: generatorCpus,
        deadlineMs:
          plans.length * (load.warmupMs + durationMs + (load.open?.durationMs ?? 0)) + generatorSlackMs,
        onSpawn: host.generator,
        onWindowStart: () => {
          host.begin();
          for (const { sampler } of running) sampler.begin();
        },
        onWindowEnd: () => {
          for (const { sampler } of running) sampler.end();
          if (windows === 0) host.end();
        },
        onOpenEnd: () => {
          windows -= 1;
          if (windows === 0) host.end();
        },
        signal: AbortSignal.any([signal, over.signal]),
      },
    );
    const activity = await host.activity();
    const trials: Trial[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const each = running[index];
      if (each !== undefined) trials.push(await trialOf(each, outcome, activity));
    }
    return trials;
  } catch (error) {
    const failed = ended ?? running[0];
    // what failed before all were up names its environment itself
    if (signal.aborted || failed === undefined || running.length < plans.length) throw error;
    for (const { plan, sampler } of running) plan.onLost(trialSamples(await sampler.soFar()));
    throw await trialError(failed.plan, failed.instance, error);
  } finally {
    await Promise.all(running.map(({ instance }) => instance.stop()));
  }
}
