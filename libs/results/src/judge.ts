import { fewestRounds, fewestRoundsFor, holmAdjusted, roundsMoreToDecide, verdictOf } from '@tare/statistics';
import type { Metric } from './metric-catalogue.ts';
import type { Comparison } from './run-file.ts';

/** A comparison before it is judged. */
export type Unjudged = Omit<Comparison, 'metric' | 'pAdjusted' | 'verdict' | 'roundsMore'> & {
  readonly metric: Metric;
};

export type JudgeOptions = {
  readonly twin?: string | undefined;
  readonly unjudged?: readonly string[];
};

/**
 * Gives verdicts. All judged comparisons of a run are one family and corrected together by Holm's procedure; those of the
 * twin are a family of their own. Emulated environments and metrics that repeat another get none.
 */
export function judge(comparisons: readonly Unjudged[], { twin, unjudged = [] }: JudgeOptions): Comparison[] {
  const isJudged = (each: Unjudged): boolean =>
    each.metric.judged && each.p !== null && !unjudged.includes(each.candidate);
  const families = Map.groupBy(comparisons.filter(isJudged), ({ candidate }) => candidate === twin);
  const verdicts = new Map(
    [...families.values()].flatMap((family) => {
      const adjusted = holmAdjusted(family.map(({ p }) => p ?? 1));
      return family.map(
        (each, place) => [each, verdictIn(each, adjusted[place] ?? 1, family.length)] as const,
      );
    }),
  );
  return comparisons.map((each) => {
    const judged = verdicts.get(each) ?? { pAdjusted: null, verdict: null, roundsMore: null, warnings: [] };
    return { ...each, metric: each.metric.key, ...judged, warnings: [...each.warnings, ...judged.warnings] };
  });
}

type Judged = Pick<Comparison, 'pAdjusted' | 'verdict' | 'roundsMore' | 'warnings'>;

function verdictIn(comparison: Unjudged, pAdjusted: number, familySize: number): Judged {
  const { n, ratio, logRatioStdev, ci95, ci90, margin, metric } = comparison;
  const verdict = verdictOf({ n, p: pAdjusted, ci95, ci90, margin, direction: metric.direction });
  const fewest = fewestRoundsFor(familySize);
  const warnings =
    verdict === 'undecided' && fewest !== null && n >= fewestRounds && n < fewest
      ? [`needs at least ${fewest} rounds to tell a difference among ${familySize} comparisons`]
      : [];
  const roundsMore =
    verdict !== 'undecided' || ratio === null || logRatioStdev === null
      ? null
      : roundsMoreToDecide({ n, ratio, logRatioStdev, margin }, { familySize });
  return { pAdjusted, verdict, roundsMore, warnings };
}
