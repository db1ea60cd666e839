import type { RunContext } from '@tare/environment';
import type { RunConfig } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';

/** The configuration as it goes into the run file: plain data, the requests spelled out. */
export function describeConfig(
  config: ResolvedConfig,
  context: RunContext,
  generatorCpus: readonly number[] | undefined,
): RunConfig {
  const { window } = config.load;
  return {
    workloads: config.workloads.map(({ name, healthPath, request, parameters = {} }) => ({
      name,
      healthPath,
      requestPath: request(parameters).path,
      parameters: { ...parameters },
    })),
    environments: config.environments.map(({ name }) => name),
    baseline: config.baseline,
    rounds: config.rounds,
    load: {
      connections: config.load.connections,
      warmupMs: config.load.warmupMs,
      durationMs: window.kind === 'duration' ? window.durationMs : null,
      requests: window.kind === 'requests' ? window.requests : null,
    },
    resources: {
      cpus: config.resources.cpus,
      memoryMiB: config.resources.memoryMiB,
      serverCpus: context.resources.serverCpus === undefined ? null : [...context.resources.serverCpus],
      generatorCpus: generatorCpus === undefined ? null : [...generatorCpus],
      nodeArguments: [...context.resources.nodeArguments],
    },
  };
}
