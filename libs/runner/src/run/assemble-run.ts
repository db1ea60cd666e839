import {
  compare,
  summarise,
  type Diagnostic,
  type EnvironmentResult,
  type JournalHeader,
  type Repeat,
  type RunFile,
  type Trial,
} from '@tare/results';
import { trialDiagnostics } from './trial-diagnostics.ts';
import type { Unusable, Usable } from './usable-environments.ts';

export type RunParts = {
  readonly header: JournalHeader;
  readonly finishedAt: string;
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly measured: readonly Usable[];
  readonly unusable: readonly Unusable[];
  readonly diagnostics: readonly Diagnostic[];
  /** Names of the environments in the order of the configuration. */
  readonly configuredOrder: readonly string[];
};

/** Puts the run file together: a pure function of what was measured. */
export function assembleRun({ header, trials, measured, unusable, ...parts }: RunParts): RunFile {
  const environments: EnvironmentResult[] = [
    ...measured.map(({ environment: { name, kind }, facts }) => ({
      name,
      kind,
      facts,
      status: 'measured' as const,
    })),
    ...unusable,
  ].sort((one, other) => parts.configuredOrder.indexOf(one.name) - parts.configuredOrder.indexOf(other.name));
  const generatorCpus = header.config.resources.generatorCpus?.length ?? 1;
  return {
    ...header,
    finishedAt: parts.finishedAt,
    environments,
    trials: [...trials],
    repeats: [...parts.repeats],
    summary: summarise(trials),
    comparisons: compare(trials, header.config.baseline),
    diagnostics: [
      ...parts.diagnostics,
      ...runDiagnostics(header, measured),
      ...parts.repeats.map(repeatDiagnostic),
      ...trials.flatMap((trial) => trialDiagnostics(trial, generatorCpus)),
    ],
  };
}

function repeatDiagnostic({ round, workload, environment, reason }: Repeat): Diagnostic {
  const message = `round ${round} was repeated: ${workload} in ${environment} failed: ${reason.split('\n')[0] ?? ''}`;
  return { level: 'warning', code: 'round-repeated', message };
}

function runDiagnostics(header: JournalHeader, measured: readonly Usable[]): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if (measured.length === 1) {
    found.push({
      level: 'warning',
      code: 'nothing-to-compare',
      message: 'only one environment was measured',
    });
  }
  if (header.config.resources.serverCpus === null) {
    const message =
      'server and load generator shared the CPUs: there are too few to keep them apart, or taskset is missing';
    found.push({ level: 'warning', code: 'not-pinned', message });
  }
  for (const { environment, facts } of measured) {
    if (facts.nodeVersion !== undefined && facts.nodeVersion !== header.host.node) {
      const message = `${environment.name} runs Node ${String(facts.nodeVersion)}, this host ${header.host.node}`;
      found.push({ level: 'warning', code: 'unequal-node', message });
    }
  }
  return found;
}
