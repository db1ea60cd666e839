/**
 * Which spending function, and whether Student's t holds its level: prints how often a comparison comes out worse, same, better or
 * open, and after how many rounds, by noise, spread and truth. `node libs/statistics/simulations/spending.ts [runs]`
 */
import { studentTQuantile } from '../src/distributions.ts';
import { levelsOfLooks, powerSpending, type Spending } from '../src/error-spending.ts';
import { roundNoises } from './round-noise.ts';

const runs = Number(process.argv[2] ?? 20_000);
const looks = [6, 8, 10, 12, 15, 20, 25, 30];
const mostRounds = 30;

/** Hwang, Shih & DeCani 1990; γ of 1 is near Pocock, −4 near O'Brien and Fleming. */
const gammaSpending =
  (gamma: number): Spending =>
  (share) =>
    (1 - Math.exp(-gamma * share)) / (1 - Math.exp(-gamma));
const spendings: Record<string, Spending> = {
  'Pocock-like': (share) => Math.log(1 + (Math.E - 1) * share),
  'power 1': powerSpending(1),
  'power 1.5': powerSpending(1.5),
  'power 2': powerSpending(2),
  'power 3': powerSpending(3),
  'gamma -1': gammaSpending(-1),
  'gamma -2': gammaSpending(-2),
};

type Rule = { readonly name: string; readonly critical: readonly number[] };

const unspent = looks.map((n) => studentTQuantile(0.975, n - 1));
const rules: Rule[] = [
  { name: 'none', critical: unspent },
  ...Object.entries(spendings).map(([name, spending]) => ({
    name,
    critical: levelsOfLooks(
      looks.map((n) => n / mostRounds),
      0.025,
      spending,
    ).map((level, look) => -studentTQuantile(level, (looks[look] ?? 0) - 1)),
  })),
];

/** The margin is 1; so are the units of spread and truth. */
function simulate(rule: Rule, noise: keyof typeof roundNoises, spread: number, truth: number) {
  const counts = { worse: 0, same: 0, better: 0, open: 0, rounds: 0 };
  const next = roundNoises[noise](runs * 7 + Math.round(spread * 100) * 1000 + Math.round(truth * 100 + 500));
  for (let run = 0; run < runs; run += 1) {
    let [sum, squares, n] = [0, 0, 0];
    let decision: 'worse' | 'same' | 'better' | 'open' = 'open';
    for (const [place, look] of looks.entries()) {
      for (; n < look; n += 1) {
        const value = truth + spread * next();
        sum += value;
        squares += value * value;
      }
      const centre = sum / n;
      const half =
        (rule.critical[place] ?? NaN) * Math.sqrt(Math.max(0, squares - n * centre * centre) / (n - 1) / n);
      if (centre - half > 1) decision = 'worse';
      else if (centre + half < -1) decision = 'better';
      else if (centre - half > -1 && centre + half < 1) decision = 'same';
      if (decision !== 'open') break;
    }
    counts[decision] += 1;
    counts.rounds += n;
  }
  return counts;
}

const percent = (count: number) => ((count / runs) * 100).toFixed(2).padStart(6);

for (const { name, critical } of rules) {
  process.stdout.write(`${name.padEnd(12)} t ${critical.map((t) => t.toFixed(2)).join(' ')}\n`);
}
for (const noise of Object.keys(roundNoises) as (keyof typeof roundNoises)[]) {
  for (const truth of noise === 'normal' || noise === 'heavyTailed' ? [0, 1, 2] : [-1, 0, 1, 2]) {
    for (const spread of [0.2, 0.5, 1, 1.25, 2, 4]) {
      process.stdout.write(`\n${noise}, truth ${truth} × margin, spread ${spread} × margin\n`);
      for (const rule of rules) {
        const { worse, same, better, open, rounds } = simulate(rule, noise, spread, truth);
        process.stdout.write(
          `${rule.name.padEnd(12)} worse ${percent(worse)} same ${percent(same)} better ${percent(better)} open ${percent(open)} rounds ${(rounds / runs).toFixed(1)}\n`,
        );
      }
    }
  }
}
