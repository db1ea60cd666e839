/**
 * What is decided of a candidate that is slow by itself in some way, by which figures of a round, with a margin of 2 %.
 * `node libs/statistics/simulations/guarded-decisions.ts [runs] [trials]`
 */
import { decideGuarded, planGuardedLooks, type GuardedRound } from '../src/guarded-decision.ts';
import { logRatioLessDisturbance, logRatioOfTotals, typicalLogRatio } from '../src/paired-slices.ts';
import { seededRandom } from '../src/seeded-random.ts';
import { decideSequentially, planLooks } from '../src/sequential-decision.ts';
import { hostTruths, simulateTrialPair, told, trueRatio } from './noisy-host.ts';

const runs = Number(process.argv[2] ?? 1_000);
const trials = Number(process.argv[3] ?? 400);
const mostRounds = 30;
const margin = 0.02;
const plan = planLooks(mostRounds);
const guarded = planGuardedLooks(mostRounds);

type Trial = { readonly totals: number; readonly typical: number; readonly adjusted: number };

/** Rounds are decided one look after the other, as in a run. */
const looks = plan.looks.map(({ rounds }) => rounds);
const byOne = (rounds: readonly number[]) =>
  decideSequentially(rounds, { plan, margin, direction: 'higher' });
const byTwo = (rounds: readonly GuardedRound[]) =>
  decideGuarded(rounds, { plan: guarded, margin, direction: 'higher' });
const rules: Record<string, (trials: readonly Trial[]) => { decision: string; rounds: number }> = {
  totals: (of) => outcome(byOne(of.map(({ totals }) => totals))),
  typical: (of) => outcome(byOne(of.map(({ typical }) => typical))),
  'typical, guarded by totals': (of) =>
    outcomeOfTwo(byTwo(of.map(({ typical, totals }) => ({ typical, whole: totals })))),
  'less disturbance': (of) => outcome(byOne(of.map(({ adjusted }) => adjusted))),
  'typical, guarded by less disturbance': (of) =>
    outcomeOfTwo(byTwo(of.map(({ typical, adjusted }) => ({ typical, whole: adjusted })))),
};

function outcome({ decision, look }: ReturnType<typeof byOne>) {
  return { decision, rounds: look?.rounds ?? mostRounds };
}
function outcomeOfTwo({ decision, whole, typical }: ReturnType<typeof byTwo>) {
  return { decision, rounds: whole?.rounds ?? typical?.rounds ?? mostRounds };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
process.stdout.write(`looks at ${looks.join(', ')} rounds\n`);
process.stdout.write('| truth | by | worse | better | same | open | rounds |\n');
for (const [place, [truth, slowness]] of Object.entries(hostTruths).entries()) {
  const pool = Array.from({ length: trials }, (_, trial): Trial => {
    const seed = 1_000_000 * (place + 100) + trial;
    const pair = simulateTrialPair(slowness, seed);
    const evidence = { part: 0.5, error: 0.4, noiseMs: 2, blames: 0 };
    return {
      totals: logRatioOfTotals(pair),
      typical: typicalLogRatio(pair),
      adjusted: logRatioLessDisturbance(told(pair, evidence, seed)),
    };
  });
  for (const [name, rule] of Object.entries(rules)) {
    const { below } = seededRandom(place);
    const counts: Record<string, number> = {};
    let rounds = 0;
    for (let run = 0; run < runs; run += 1) {
      const drawn = Array.from({ length: mostRounds }, () => pool[below(trials)]).filter(
        (each) => each !== undefined,
      );
      const decided = rule(drawn);
      counts[decided.decision] = (counts[decided.decision] ?? 0) + 1;
      rounds += decided.rounds;
    }
    const shares = ['worse', 'better', 'same', 'open'].map((each) => percent((counts[each] ?? 0) / runs));
    process.stdout.write(
      `| ${truth} (${percent(Math.log(trueRatio(slowness)))}) | ${name} | ${shares.join(' | ')} | ${(rounds / runs).toFixed(1)} |\n`,
    );
  }
}
