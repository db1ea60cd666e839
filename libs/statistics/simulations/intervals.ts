/**
 * Which interval holds its level with few rounds: Student's t, t widened by Hall's correction for skewness, the sign-flip test.
 * Prints how often a comparison comes out worse, same, better or open. `node libs/statistics/simulations/intervals.ts [runs]`
 */
import { studentTQuantile } from '../src/distributions.ts';
import { levelsOfLooks } from '../src/error-spending.ts';
import { spending } from '../src/sequential-decision.ts';
import { signFlipTest } from '../src/sign-flip.ts';
import { roundNoises } from './round-noise.ts';

const runs = Number(process.argv[2] ?? 20_000);
const flipRuns = Math.ceil(runs / 40);
const looks = [6, 8, 10, 12, 15, 20, 25, 30];

type Bounds = (values: readonly number[], level: number, critical: number) => [number, number];

function moments(values: readonly number[]) {
  const n = values.length;
  const centre = values.reduce((sum, value) => sum + value, 0) / n;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (value - centre) ** 2;
    cubes += (value - centre) ** 3;
  }
  const stdev = Math.sqrt(squares / (n - 1));
  const skewness = cubes / n / (squares / n) ** 1.5;
  return { n, centre, standardError: stdev / Math.sqrt(n), skewness };
}
const student: Bounds = (values, _level, critical) => {
  const { centre, standardError } = moments(values);
  return [centre - critical * standardError, centre + critical * standardError];
};
/** Hall 1992, "On the Removal of Skewness by Transformation", eq. 3. */
const hall =
  (wider: boolean): Bounds =>
  (values, _level, critical) => {
    const { n, centre, standardError, skewness } = moments(values);
    const lean = skewness / Math.sqrt(n);
    const inverse = (x: number) =>
      Math.abs(lean) < 1e-9 ? x : (3 / lean) * (Math.cbrt(1 + lean * (x - lean / 6)) - 1);
    const [low, high] = [inverse(critical), inverse(-critical)];
    return [
      centre - standardError * (wider ? Math.max(critical, low) : low),
      centre - standardError * (wider ? Math.min(-critical, high) : high),
    ];
  };
const bySignFlips: Bounds = (values, level) =>
  signFlipTest(values, 1).interval(1 - 2 * level) ?? [-Infinity, Infinity];

const rules: { name: string; bounds: Bounds; error: number; runs: number }[] = [
  { name: 't, 0.05', bounds: student, error: 0.05, runs },
  { name: 't, 0.045', bounds: student, error: 0.045, runs },
  { name: 'wider of t and Hall, 0.05', bounds: hall(true), error: 0.05, runs },
  { name: 'Hall, 0.05', bounds: hall(false), error: 0.05, runs },
  { name: 'sign flips, 0.05', bounds: bySignFlips, error: 0.05, runs: flipRuns },
];

const noises = process.argv[3]?.split(',') ?? Object.keys(roundNoises);
for (const noise of noises as (keyof typeof roundNoises)[]) {
  for (const [truth, spread] of [
    [1, 0.5],
    [1, 1.5],
    [-1, 0.5],
    [0, 1],
    [0, 1.5],
    [2, 1],
    [2, 1.5],
  ] as const) {
    process.stdout.write(`\n${noise}, truth ${truth}, spread ${spread}\n`);
    for (const rule of rules) {
      const levels = levelsOfLooks(
        looks.map((n) => n / 30),
        rule.error / 2,
        spending,
      );
      const critical = levels.map((level, look) => -studentTQuantile(level, (looks[look] ?? 0) - 1));
      const next = roundNoises[noise](1000 + Math.round(truth * 100 + spread * 10_000));
      const counts = { worse: 0, same: 0, better: 0, open: 0 };
      let rounds = 0;
      for (let run = 0; run < rule.runs; run += 1) {
        const values: number[] = [];
        let decision: keyof typeof counts = 'open';
        for (const [place, look] of looks.entries()) {
          while (values.length < look) values.push(truth + spread * next());
          const [low, high] = rule.bounds(values, levels[place] ?? 0, critical[place] ?? 0);
          if (low > 1) decision = 'worse';
          else if (high < -1) decision = 'better';
          else if (low > -1 && high < 1) decision = 'same';
          if (decision !== 'open') break;
        }
        counts[decision] += 1;
        rounds += values.length;
      }
      const percent = (count: number) => ((count / rule.runs) * 100).toFixed(2).padStart(6);
      process.stdout.write(
        `${rule.name.padEnd(26)} worse ${percent(counts.worse)} same ${percent(counts.same)} better ${percent(counts.better)} open ${percent(counts.open)} rounds ${(rounds / rule.runs).toFixed(1)}\n`,
      );
    }
  }
}
