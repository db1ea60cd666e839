import { describe, expect, test } from 'vitest';
import { exampleTrial } from '../fixtures/example-run.ts';
import { compare, compare as compareWith } from './compare.ts';
import { metricCatalogue } from './metric-catalogue.ts';
import { comparisonSchema } from './run-file.ts';
import type { Trial } from './run-file.ts';

describe('compare', () => {
  const rounds = [1, 2, 3, 4, 5, 6];
  const compare = (trials: readonly Trial[], baseline: string) => compareWith(trials, { baseline, seed: 7 });
  const leftOut = 'rounds left out: candidate or baseline missing or not positive';

  function startup(trials: readonly Trial[]) {
    return compare(trials, 'native').find(({ metric }) => metric === 'startupMs');
  }

  test('pairs by round, whatever the order of the trials', () => {
    const trials = rounds.flatMap((round) => [
      exampleTrial('docker', round, { readyMs: round * 200 }),
      exampleTrial('native', round, { readyMs: round * 100 }),
    ]);
    const comparison = startup(trials.toSorted((a, b) => ((a.round * 5) % 7) - ((b.round * 5) % 7)));
    expect(comparison).toMatchObject({ baseline: 'native', candidate: 'docker', n: 6 });
    expect(comparison?.ratio).toBeCloseTo(2, 12);
    expect(comparison?.ci95?.[0]).toBeCloseTo(2, 12);
    expect(comparison?.ci95?.[1]).toBeCloseTo(2, 12);
  });

  test('takes the margin of the configuration before that of the catalogue', () => {
    const trials = rounds.flatMap((round) => [exampleTrial('docker', round), exampleTrial('native', round)]);
    const options = { baseline: 'native', seed: 7, margins: { startupMs: 0.3 } };
    const margins = compareWith(trials, options).map(({ metric, margin }) => [metric, margin]);
    expect(margins).toContainEqual(['startupMs', 0.3]);
    expect(margins).toContainEqual(['throughputRps', 0.02]);
  });

  test('refuses a margin below 0', () => {
    const trials = [exampleTrial('docker', 1), exampleTrial('native', 1)];
    expect(() => compareWith(trials, { baseline: 'native', seed: 7, margins: { startupMs: -0.1 } })).toThrow(
      RangeError,
    );
  });

  test('covers every workload, candidate and metric, and not the baseline itself', () => {
    const trials = ['primes', 'grocery'].flatMap((workload) =>
      ['vagrant', 'native', 'docker'].map((environment) => exampleTrial(environment, 1, { workload })),
    );
    const comparisons = compare(trials, 'native');
    const figures = metricCatalogue.filter(({ of }) => trials.every((trial) => of(trial) !== null));
    expect(figures.length).toBeGreaterThan(10);
    expect(comparisons).toHaveLength(2 * 2 * figures.length);
    expect([...new Set(comparisons.map(({ workload, candidate }) => `${workload} ${candidate}`))]).toEqual([
      'primes docker',
      'primes vagrant',
      'grocery docker',
      'grocery vagrant',
    ]);
  });

  test('leaves out the round that one of the two is missing in, and says so', () => {
    const trials = [
      ...rounds.map((round) => exampleTrial('native', round)),
      ...rounds.slice(1).map((round) => exampleTrial('docker', round)),
    ];
    expect(startup(trials)).toMatchObject({
      n: 5,
      warnings: [`1 of 6 ${leftOut}`, 'needs at least 6 rounds'],
    });
  });

  test('has a ratio but no interval with one round', () => {
    expect(startup([exampleTrial('native', 1), exampleTrial('docker', 1)])).toMatchObject({
      n: 1,
      ratio: 1,
      ci95: null,
    });
  });

  test('counts errors without a ratio', () => {
    const trials = [exampleTrial('native', 1, { errors: 3 }), exampleTrial('docker', 1, { errors: 6 })];
    expect(compare(trials, 'native').find(({ metric }) => metric === 'errors')).toMatchObject({
      n: 1,
      ratio: null,
      ci95: null,
      warnings: ['errors are counted, not compared by ratio'],
    });
  });

  test('leaves out a metric that a side has no figure for', () => {
    const trials = [exampleTrial('native', 1, { cpuMs: null }), exampleTrial('docker', 1)];
    expect(compare(trials, 'native').map(({ metric }) => metric)).not.toContain('cpuNetMsPerRequest');
  });

  test('compares nothing without trials of the baseline', () => {
    expect(compare([exampleTrial('docker', 1)], 'native')).toEqual([]);
  });

  test('fits the run file in every case: no NaN', () => {
    const trials = [
      exampleTrial('native', 1, { readyMs: 0, cpuMs: null }),
      exampleTrial('docker', 1, { readyMs: 5, errors: 2 }),
      exampleTrial('vagrant', 2, { readyMs: 0, cpuMs: 0 }),
    ];
    for (const comparison of compare(trials, 'native')) comparisonSchema.parse(comparison);
  });

  test('refuses two trials of an environment in one round', () => {
    const twice = [exampleTrial('native', 3), exampleTrial('native', 3)];
    expect(() => compare(twice, 'native')).toThrow(
      new Error('compare: 2 trials of "native" in round 3 of "primes", expected 1'),
    );
  });
});

describe('judge', () => {
  const rounds = Array.from({ length: 12 }, (_, index) => index + 1);
  // a little noise, not the same for both, so that no interval has width 0
  const noise = (round: number, phase: number): number => 1 + 0.002 * Math.sin(round * 7 + phase);

  function trials(readyMs: Readonly<Record<string, number>>, count = rounds.length) {
    return rounds
      .slice(0, count)
      .flatMap((round) =>
        Object.entries(readyMs).map(([name, ms], place) =>
          exampleTrial(name, round, { readyMs: ms * noise(round, place) }),
        ),
      );
  }

  function startupOf(candidate: string, comparisons: ReturnType<typeof compare>) {
    return comparisons.find((each) => each.candidate === candidate && each.metric === 'startupMs');
  }

  test('tells worse, better and the same', () => {
    const comparisons = compare(trials({ native: 80, slow: 120, quick: 60, equal: 80 }), {
      baseline: 'native',
      seed: 7,
    });
    expect(['slow', 'quick', 'equal'].map((name) => startupOf(name, comparisons)?.verdict)).toEqual([
      'worse',
      'better',
      'same',
    ]);
  });

  test('corrects all judged comparisons of the run together', () => {
    const [one, two] = [
      { native: 80, slow: 120 },
      { native: 80, slow: 120, slower: 140 },
    ].map((given) => startupOf('slow', compare(trials(given), { baseline: 'native', seed: 7 })));
    expect(two?.p).toBe(one?.p);
    expect(two?.pAdjusted).toBeGreaterThan(one?.pAdjusted ?? 1);
  });

  test('takes the control for a family of its own', () => {
    const alone = compare(trials({ native: 80, slow: 120 }), { baseline: 'native', seed: 7 });
    const withControl = compare(trials({ native: 80, slow: 120, 'native:control': 80 }), {
      baseline: 'native',
      control: 'native:control',
      seed: 7,
    });
    expect(startupOf('slow', withControl)?.pAdjusted).toBe(startupOf('slow', alone)?.pAdjusted);
    expect(startupOf('native:control', withControl)?.verdict).toBe('same');
  });

  test('gives no verdict to an emulated environment, nor to a metric that repeats another', () => {
    const comparisons = compare(trials({ native: 80, vagrant: 8000 }), {
      baseline: 'native',
      unjudged: ['vagrant'],
      seed: 7,
    });
    expect(new Set(comparisons.map(({ verdict }) => verdict))).toEqual(new Set([null]));
    const judged = compare(trials({ native: 80, docker: 80 }), { baseline: 'native', seed: 7 }).filter(
      ({ verdict }) => verdict !== null,
    );
    expect(judged.map(({ metric }) => metric)).toEqual(
      metricCatalogue.filter((each) => each.judged && each.key !== 'restartMs').map(({ key }) => key),
    );
  });

  test('says how many rounds a number of comparisons needs, and how many more', () => {
    const comparison = startupOf(
      'slow',
      compare(trials({ native: 80, slow: 120 }, 6), { baseline: 'native', seed: 7 }),
    );
    expect(comparison).toMatchObject({
      verdict: 'undecided',
      warnings: ['needs at least 9 rounds to tell a difference among 9 comparisons'],
    });
    expect(comparison?.roundsMore).toBeGreaterThan(0);
  });
});
