import { metricCatalogue } from '@tare/results';
import { oneLine } from '../safe-text.ts';

const nouns: Readonly<Record<string, string>> = {
  cpuNetMsPerRequest: 'net CPU per request',
  cpuGrossMsPerRequest: 'gross CPU per request',
  cpuNetPercent: 'net CPU',
  cpuGrossPercent: 'gross CPU',
  memoryNetMiB: 'net memory',
  memoryNetPeakMiB: 'net memory at its peak',
  memoryGrossMiB: 'gross memory',
};

/** A metric within a sentence: "throughput", "latency p95", "net CPU per request"; an unknown one by its key. */
export function metricNoun(key: string): string {
  const label = metricCatalogue.find((metric) => metric.key === key)?.label;
  return nouns[key] ?? label?.toLowerCase() ?? oneLine(key);
}

/** What more and less of a metric are called: a time is longer, a share is higher. */
export function sidesOf(key: string): { readonly more: string; readonly less: string } {
  return key === 'startupMs' || key === 'restartMs'
    ? { more: 'longer', less: 'shorter' }
    : { more: 'higher', less: 'lower' };
}
