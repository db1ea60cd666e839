import { generateLoad, type LoadOrder } from '@tare/metrics';
import type { Trial } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { watchHost } from './host-watch.ts';
import { trialSamples } from './resource-use.ts';
import { beginTrial, trialError, trialOf } from './running-trial.ts';
import { generatorSlackMs, openWindowOf, requestTimeoutSeconds, type TrialPlan } from './trial-plan.ts';

// a window that is a number of requests has no length of its own
const requestsWindowDeadlineMs = 600_000;

/**
 * One trial: cold start, ready, data, warm-up, closed-loop window, open-loop window, stop.
 * @throws Error that names the environment; the instance is stopped in every case.
 */
export async function performTrial(plan: TrialPlan, signal: AbortSignal): Promise<Trial> {
  const { launch, load } = plan;
  const running = await beginTrial(plan, signal);
  const { instance, meters, sampler } = running;
  try {
    const host = watchHost(meters.gross, launch.context.resources.serverCpus);
    const open = openWindowOf(plan);
    const order: LoadOrder = {
      origin: instance.url.origin,
      requests: plan.requests,
      seed: plan.seed,
      connections: load.connections,
      warmupMs: load.warmupMs,
      window: load.window,
      timeoutSeconds: requestTimeoutSeconds,
      ...(open !== undefined && { open }),
    };
    const over = new AbortController();
    void instance.ended.then((reason) => {
      over.abort(new Error(`${reason} during the trial`));
    });
    const outcome = await generateLoad(order, {
      cpus: plan.generatorCpus,
      deadlineMs: load.warmupMs + windowLimitMs(load.window) + (open?.durationMs ?? 0) + generatorSlackMs,
      onSpawn: host.generator,
      onWindowStart: () => {
        host.begin();
        sampler.begin();
      },
      onWindowEnd: () => {
        sampler.end();
        if (open === undefined) host.end();
      },
      onOpenEnd: host.end,
      signal: AbortSignal.any([signal, over.signal]),
    });
    return await trialOf(running, outcome, await host.activity());
  } catch (error) {
    if (signal.aborted) throw error;
    plan.onLost(trialSamples(await sampler.soFar()));
    throw await trialError(plan, instance, error);
  } finally {
    await instance.stop();
  }
}

function windowLimitMs(window: ResolvedConfig['load']['window']): number {
  return window.kind === 'duration' ? window.durationMs : requestsWindowDeadlineMs;
}
