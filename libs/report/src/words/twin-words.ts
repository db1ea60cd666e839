import type { Comparison, RunFile } from '@tare/results';
import { oneLine } from '../safe-text.ts';
import { listed } from './listed.ts';
import { metricNoun } from './metric-noun.ts';
import { differenceOf } from './difference.ts';

/** A line about how far a run can be trusted, in plain text. */
export type CareLine = { readonly level: 'info' | 'warning'; readonly text: string };

/** The judged comparisons of the twin with its baseline; empty when the run had none. */
export function twinComparisons({ config, comparisons }: RunFile): readonly Comparison[] {
  if (config.twin === null) return [];
  return comparisons.filter(({ candidate, verdict }) => candidate === config.twin && verdict !== null);
}

/**
 * What the second copy of the baseline says: "Twin of native: same in 7 of 9 metrics, undecided in 2, no false difference."
 * A warning when it differs; null for a run without a twin.
 */
export function twinLine(run: RunFile): CareLine | null {
  if (run.config.twin === null) return null;
  const subject = `Twin of ${oneLine(run.config.baseline)}`;
  const judged = twinComparisons(run);
  if (judged.length === 0) return { level: 'warning', text: `${subject}: no figure could be compared.` };
  const workloads = new Set(judged.map(({ workload }) => workload));
  const same = judged.filter(({ verdict }) => verdict === 'same').length;
  const undecided = judged.filter(({ verdict }) => verdict === 'undecided').length;
  const different = judged.filter(({ verdict }) => verdict === 'better' || verdict === 'worse');
  const noun = workloads.size === 1 ? 'metrics' : 'comparisons';
  const counts = [
    ...(same === 0 ? [] : [`same in ${same} of ${judged.length} ${noun}`]),
    ...(undecided === 0
      ? []
      : [`undecided in ${undecided}${same === 0 ? ` of ${judged.length} ${noun}` : ''}`]),
  ];
  if (different.length === 0)
    return { level: 'info', text: `${subject}: ${[...counts, 'no false difference'].join(', ')}.` };
  const where = different.map((comparison) => {
    const difference = differenceOf(comparison);
    const size =
      difference === null
        ? ''
        : difference.kind === 'times'
          ? ` (${difference.factor}${difference.interval})`
          : ` (${difference.amount} ${difference.side})`;
    const of = workloads.size === 1 ? '' : ` of ${oneLine(comparison.workload)}`;
    return `${metricNoun(comparison.metric)}${of}${size}`;
  });
  return {
    level: 'warning',
    text:
      `${subject}: ${[...counts, `a difference in ${listed(where)}, where there is none`].join(', ')}. ` +
      'Chance shows one in at most one run of twenty; otherwise something on this host disturbs: trust no other difference of that size.',
  };
}
