/**
 * A run of 16 judged comparisons of equals: how many runs contain a false better or worse, without a correction, with Holm's and with
 * Benjamini and Hochberg's on the p-values against the margin. `node libs/statistics/simulations/family.ts [runs]`
 */
import { seededNormal } from '../fixtures/seeded-normal.ts';
import { studentTQuantile } from '../src/distributions.ts';
import { levelsOfLooks } from '../src/error-spending.ts';
import { median } from '../src/estimates.ts';
import { spending } from '../src/sequential-decision.ts';
import { roundNoises } from './round-noise.ts';

const runs = Number(process.argv[2] ?? 2_000);
const looks = [6, 8, 10, 12, 15, 20, 25, 30];
const mostRounds = 30;

/** What estimates and windows in slices give where whole windows gave what is in the next table. */
const better: Readonly<Record<string, number>> = { throughput: 0.015, p50: 0.032, p95: 0.06, startup: 0.06 };

/** Spread per round and margin, as shares. */
const measured = [
  { metric: 'throughput', spread: 0.025, margin: 0.02 },
  { metric: 'cpu net', spread: 0.025, margin: 0.05 },
  { metric: 'cpu gross', spread: 0.025, margin: 0.05 },
  { metric: 'memory net', spread: 0.01, margin: 0.05 },
  { metric: 'memory gross', spread: 0.05, margin: 0.05 },
  { metric: 'p50', spread: 0.05, margin: 0.05 },
  { metric: 'p95', spread: 0.08, margin: 0.05 },
  { metric: 'startup', spread: 0.08, margin: 0.05 },
];
const inSlices = measured.map((each) => ({ ...each, spread: better[each.metric] ?? each.spread }));
const candidates = 2;
const size = measured.length * candidates;

/** Critical t by look for the error 0.045 · share. */
const criticalOf = (share: number) =>
  levelsOfLooks(
    looks.map((n) => n / mostRounds),
    0.0225 * share,
    spending,
  ).map((level, look) => -studentTQuantile(level, (looks[look] ?? 0) - 1));
const holmCritical = Array.from({ length: size }, (_, rank) => criticalOf(1 / (rank + 1)));
const bhCritical = Array.from({ length: size }, (_, rank) => criticalOf((rank + 1) / size));

type Correction = 'none' | 'holm' | 'bh';
type Noise = keyof typeof roundNoises;

/** Which comparisons differ beyond the margin, by the largest |t| against it that each look had. */
function different(ts: readonly (readonly number[])[], correction: Correction): boolean[] {
  const crosses = (each: number, critical: readonly number[] | undefined) =>
    (ts[each] ?? []).some((t, look) => t > (critical?.[look] ?? Infinity));
  const indices = ts.map((_, each) => each);
  if (correction === 'none') return indices.map((each) => crosses(each, holmCritical[0]));
  if (correction === 'holm') {
    let rejected = new Set<number>();
    for (;;) {
      const critical = holmCritical[size - rejected.size - 1];
      const more = new Set(indices.filter((each) => rejected.has(each) || crosses(each, critical)));
      if (more.size === rejected.size || more.size === size) return indices.map((each) => more.has(each));
      rejected = more;
    }
  }
  for (let count = size; count >= 1; count -= 1) {
    const found = indices.map((each) => crosses(each, bhCritical[count - 1]));
    if (found.filter(Boolean).length >= count) return found;
  }
  return indices.map(() => false);
}

function simulate(
  correction: Correction,
  metrics: typeof measured,
  noise: Noise,
  truthOf: (metric: number, candidate: number) => number,
) {
  let [falseRuns, falseDecisions, decided] = [0, 0, 0];
  const rounds: number[] = [];
  const decidedAt = looks.map(() => 0);
  for (let run = 0; run < runs; run += 1) {
    const random = noise === 'normal' ? seededNormal(run) : roundNoises[noise](run);
    // The candidates share the baseline, so that their comparisons hang together.
    const values: number[][] = Array.from({ length: size }, () => []);
    for (let round = 0; round < mostRounds; round += 1) {
      metrics.forEach(({ spread, margin }, metric) => {
        const ofBaseline = random();
        for (let candidate = 0; candidate < candidates; candidate += 1) {
          const noiseOfRound = ((random() - ofBaseline) * spread) / Math.SQRT2;
          values[metric * candidates + candidate]?.push(
            truthOf(metric, candidate) * Math.log(1 + margin) + noiseOfRound,
          );
        }
      });
    }
    const decisions: (string | null)[] = values.map(() => null);
    const ts: number[][] = values.map(() => []);
    let end = mostRounds;
    for (const [look, n] of looks.entries()) {
      const equal: boolean[] = [];
      const sides: string[] = [];
      values.forEach((logs, each) => {
        const margin = Math.log(1 + (metrics[Math.floor(each / candidates)]?.margin ?? NaN));
        let [sum, squares] = [0, 0];
        for (let round = 0; round < n; round += 1) {
          const log = logs[round] ?? NaN;
          sum += log;
          squares += log * log;
        }
        const centre = sum / n;
        const standardError = Math.sqrt((squares - n * centre * centre) / (n - 1) / n);
        ts[each]?.push((Math.abs(centre) - margin) / standardError);
        sides[each] = centre > 0 ? 'worse' : 'better';
        equal[each] = (margin - Math.abs(centre)) / standardError > (holmCritical[0]?.[look] ?? Infinity);
      });
      const differ = different(ts, correction);
      decisions.forEach((decision, each) => {
        decisions[each] = decision ?? (differ[each] ? (sides[each] ?? null) : equal[each] ? 'same' : null);
      });
      decidedAt[look] = (decidedAt[look] ?? 0) + decisions.filter((decision) => decision !== null).length;
      if (decisions.every((decision) => decision !== null)) {
        end = n;
        looks.slice(look + 1).forEach((_, later) => {
          decidedAt[look + 1 + later] = (decidedAt[look + 1 + later] ?? 0) + size;
        });
        break;
      }
    }
    const wrong = decisions.filter((decision, each) => {
      const truth = truthOf(Math.floor(each / candidates), each % candidates);
      return (decision === 'worse' && truth <= 1) || (decision === 'better' && truth >= -1);
    }).length;
    falseDecisions += wrong;
    if (wrong > 0) falseRuns += 1;
    decided += decisions.filter((decision) => decision !== null).length;
    rounds.push(end);
  }
  return {
    falseRuns,
    falseDecisions,
    decidedShare: decided / runs / size,
    medianRounds: median(rounds),
    decidedAt: decidedAt.map((count) => count / runs),
    allDecided: rounds.filter((n) => n < mostRounds).length / runs,
  };
}

/** Wilson 1927. */
function wilson(hits: number): [number, number] {
  const z = 1.959964;
  const share = hits / runs;
  const centre = (share + (z * z) / (2 * runs)) / (1 + (z * z) / runs);
  const half =
    (z / (1 + (z * z) / runs)) * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs));
  return [centre - half, centre + half];
}

process.stdout.write(
  '| spreads | truth | noise | correction | runs with a false better or worse | false | decided | median rounds | all decided | decided of 16 by look |\n',
);
const truths = {
  'A/A': () => 0,
  'every truth on the margin': () => 1,
  'one candidate 2 × margin off, the other equal': (_metric: number, candidate: number) =>
    candidate === 0 ? 2 : 0,
};
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
for (const [table, metrics] of Object.entries({ measured, inSlices })) {
  for (const [name, truthOf] of Object.entries(truths)) {
    for (const noise of ['normal', 'heavyTailed'] as const) {
      for (const correction of ['none', 'holm', 'bh'] as const) {
        const { falseRuns, falseDecisions, decidedShare, medianRounds, allDecided, decidedAt } = simulate(
          correction,
          metrics,
          noise,
          truthOf,
        );
        const [low, high] = wilson(falseRuns);
        process.stdout.write(
          `| ${table} | ${name} | ${noise} | ${correction} | ${percent(falseRuns / runs)} [${percent(low)}, ${percent(high)}] | ${falseDecisions} | ${percent(decidedShare)} | ${medianRounds} | ${percent(allDecided)} | ${decidedAt.map((count) => count.toFixed(1)).join(' ')} |\n`,
        );
      }
    }
  }
}
