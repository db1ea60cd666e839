import { metricCatalogue } from '@tare/results';
import type { Comparison, Diagnostic } from '@tare/results';
import { counted } from './plain-text.ts';

/** Up to this many of a kind are shown in full; more are summed up. */
const mostInFull = 2;
// a name may hold a colon: "native:control"
const trialPrefix = /^.+?, round \d+, .+?: /;

/**
 * Diagnostics for where there is little room: those of one level and code that are many become one, with their count and
 * the one with the largest figure: "littles-law: 12 trials, the largest: …; all in summary.md". The order stays that
 * of the first of each kind.
 */
export function summedUp(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const groups = Map.groupBy(diagnostics, ({ level, code }) => `${level} ${code}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length <= mostInFull) return group;
    const { level, code } = first;
    const noun = group.every(({ message }) => trialPrefix.test(message)) ? 'trial' : 'time';
    const largest = largestOf(group);
    const example = largest === undefined ? `the first: ${first.message}` : `the largest: ${largest.message}`;
    return [
      { level, code, message: `${code}: ${counted(group.length, noun)}, ${example}; all in summary.md` },
    ];
  });
}

/** The one with the largest of the first figures that differ; undefined when their texts are not alike. */
function largestOf(group: readonly Diagnostic[]): Diagnostic | undefined {
  const read = group.map((diagnostic) => {
    const text = diagnostic.message.replace(trialPrefix, '');
    return {
      diagnostic,
      shape: text.replace(/\d+(\.\d+)?/g, '0'),
      figures: [...text.matchAll(/\d+(\.\d+)?/g)].map(([figure]) => Number(figure)),
    };
  });
  const [first] = read;
  if (first === undefined || read.some(({ shape }) => shape !== first.shape)) return undefined;
  const place = first.figures.findIndex((figure, index) =>
    read.some(({ figures }) => figures[index] !== figure),
  );
  return read.toSorted((a, b) => (b.figures[place] ?? 0) - (a.figures[place] ?? 0))[0]?.diagnostic;
}

/**
 * What comparisons warn about, each warning once, with the metrics where not all have it:
 * "needs at least 6 rounds (primes: docker, vagrant)". Errors have no ratio, so what is said of them is left out.
 */
export function comparisonWarnings(comparisons: readonly Comparison[]): readonly string[] {
  const compared = comparisons.filter(({ metric }) => metric !== 'errors');
  return [...new Set(compared.flatMap(({ warnings }) => warnings))].map((warning) => {
    const where = [...Map.groupBy(compared, ({ workload }) => workload)].flatMap(([workload, ofWorkload]) => {
      const names = [...Map.groupBy(ofWorkload, ({ candidate }) => candidate)].flatMap(([candidate, all]) => {
        const warned = all.filter(({ warnings }) => warnings.includes(warning));
        if (warned.length === 0) return [];
        return warned.length === all.length
          ? [candidate]
          : [`${candidate} in ${warned.map(metricLabel).join(', ')}`];
      });
      return names.length === 0 ? [] : [`${workload}: ${names.join(', ')}`];
    });
    return `${warning} (${where.join('; ')})`;
  });
}

function metricLabel({ metric }: { readonly metric: string }): string {
  return metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
}
