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

  test('holds all against the mean of baseline and control, and the control against the baseline', () => {
    const trials = rounds.flatMap((round) => [
      exampleTrial('native', round, { readyMs: round * 100 }),
      // gone after four rounds: then the baseline counts alone
      ...(round > 4 ? [] : [exampleTrial('native:control', round, { readyMs: round * 121 })]),
      exampleTrial('docker', round, { readyMs: round * 220 }),
    ]);
    const compared = compareWith(trials, { baseline: 'native', control: 'native:control', seed: 7 });
    const of = (name: string) =>
      compared.find(({ candidate, metric }) => candidate === name && metric === 'startupMs');
    // four times 220 ÷ 110, twice 220 ÷ 100
    expect(of('docker')).toMatchObject({ baseline: 'native', n: 6, copies: 2 });
    expect(of('docker')?.ratio).toBeCloseTo((2 ** 4 * 2.2 ** 2) ** (1 / 6), 12);
    expect(of('native:control')?.ratio).toBeCloseTo(1.21, 12);
    expect(of('native:control')?.copies).toBeUndefined();
    for (const one of compared) expect(comparisonSchema.parse(one)).toEqual(one);
    const [alone] = compareWith(trials, { baseline: 'native', seed: 7 });
    expect([alone?.candidate, alone?.ratio]).toEqual(['docker', expect.closeTo(2.2, 12)]);
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

  test('calls nothing the same within a margin of 0', () => {
    const trials = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((round) => [
      exampleTrial('docker', round, { readyMs: 100 + (round % 3) }),
      exampleTrial('native', round, { readyMs: 100 + (round % 2) }),
    ]);
    const margins = Object.fromEntries(metricCatalogue.map(({ key }) => [key, 0]));
    for (const looks of [undefined, { mostRounds: 30, rounds: [6, 8] }]) {
      for (const one of compareWith(trials, { baseline: 'native', seed: 7, margins, looks })) {
        expect(comparisonSchema.parse(one)).toEqual(one);
        expect([null, 'undecided']).toContain(one.verdict);
      }
    }
  });

  test('gives no verdict to a figure that only one round has, and the same to figures that never change', () => {
    const once = [exampleTrial('docker', 1), exampleTrial('native', 1)];
    const always = rounds.flatMap((round) => [exampleTrial('docker', round), exampleTrial('native', round)]);
    for (const one of [...compare(once, 'native'), ...compare(always, 'native')]) {
      expect(comparisonSchema.parse(one)).toEqual(one);
      if (one.n === 1) expect([null, 'undecided']).toContain(one.verdict);
      if (one.n === 1) expect(one.look ?? null).toBeNull();
      if (one.n === 6 && one.verdict !== null) expect(one.verdict).toBe('same');
    }
    expect(compare(always, 'native').some(({ verdict }) => verdict === 'same')).toBe(true);
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

  test('judges each comparison by itself, however many there are', () => {
    const [one, two] = [
      { native: 80, slow: 120 },
      { native: 80, slow: 120, slower: 140 },
    ].map((given) => startupOf('slow', compare(trials(given), { baseline: 'native', seed: 7 })));
    expect(two).toEqual(one);
  });

  test('looks at the given rounds, and keeps what a look decided', () => {
    const looks = { mostRounds: 12, rounds: [6, 8, 12] };
    const all = trials({ native: 80, slow: 120 });
    const wild = all.map((trial) =>
      trial.round > 6 && trial.environment === 'slow'
        ? exampleTrial('slow', trial.round, { readyMs: 60 })
        : trial,
    );
    const slow = startupOf('slow', compare(wild, { baseline: 'native', seed: 7, looks }));
    expect(slow).toMatchObject({ verdict: 'worse', n: 12, look: { rounds: 6, by: 'rounds' } });
    expect(slow?.look?.interval[0]).toBeGreaterThan(1.4);
    const early = compare(
      all.filter(({ round }) => round < 6),
      { baseline: 'native', seed: 7, looks },
    );
    expect(startupOf('slow', early)).toMatchObject({ verdict: 'undecided', look: null });
  });

  test('decides throughput by typical slices that all slices bear out, and says so', () => {
    // every other slice of one side is hit by the host
    const series = (requests: number, hit: number): [number, number][] =>
      Array.from({ length: 40 }, (_, place) => [requests, place % 4 === hit ? 50 : 25]);
    const sliced = rounds.flatMap((round) =>
      ['native', 'equal'].map((name, place) => {
        const trial = exampleTrial(name, round);
        const sliceSeries = series(20, (round + place * 2) % 4);
        return { ...trial, load: { ...trial.load, slices: 40, sliceSeries } };
      }),
    );
    const throughput = compare(sliced, { baseline: 'native', seed: 7 }).find(
      ({ metric }) => metric === 'throughputRps',
    );
    expect(throughput).toMatchObject({ verdict: 'same', look: { rounds: 12 } });
    expect(throughput?.look?.by).not.toBe('rounds');
    expect(throughput?.look?.whole).toBeDefined();
  });

  test('decides startup by the typical start where all starts bear it out, and by all starts where it sees nothing', () => {
    // of four starts the last is the trial's own
    const of = (name: string, slowest: (round: number) => number) =>
      rounds.map((round) => {
        const trial = exampleTrial(name, round, { readyMs: 80 * noise(round, name.length) });
        const starts = [80, 80 * noise(round, 3), slowest(round)];
        return { ...trial, startup: trial.startup && { ...trial.startup, starts } };
      });
    const comparisons = compare(
      [
        ...of('native', (round) => (round % 3 === 0 ? 160 : 80)),
        // the host hits now the one and now the other
        ...of('equal', (round) => (round % 3 === 1 ? 160 : 80)),
        // one start of four takes three times as long, always
        ...of('stalling', () => 240),
        ...of('doubtful', (round) => (round % 3 === 1 ? 240 : 80)),
      ],
      { baseline: 'native', seed: 7 },
    ).filter(({ metric }) => metric === 'startupMs');
    expect(comparisons).toMatchObject([
      { candidate: 'doubtful', verdict: 'undecided' },
      { candidate: 'equal', verdict: 'same', look: { by: 'typical', rounds: 12 } },
      { candidate: 'stalling', verdict: 'worse', look: { by: 'whole' } },
    ]);
  });

  test('decides p95 by the typical slow request where all slow ones bear it out, and by these where it sees nothing', () => {
    // every fifth request has to queue; what the host or a candidate is slow for are others
    const latenciesWith = (slowMs: number, from: number): number[] =>
      Array.from({ length: 100 }, (_, place) => (place % 5 === 0 ? 8 : place % 10 === from ? slowMs : 4));
    const of = (name: string, slowest: (round: number) => number, from = 3) =>
      rounds.map((round) => {
        const trial = exampleTrial(name, round);
        const open = trial.open && {
          ...trial.open,
          series: { every: 1, latencyMs: latenciesWith(slowest(round), from) },
        };
        return { ...trial, open };
      });
    const comparisons = compare(
      [
        // the host hits now the one and now the other
        ...of('native', (round) => (round % 4 === 0 ? 9 : 8), 4),
        ...of('equal', (round) => (round % 4 === 2 ? 9 : 8)),
        ...of('stalling', () => 30),
        // the typical slow request is the same, and every other round is slower
        ...of('doubtful', (round) => (round % 2 === 0 ? 12 : 8)),
      ],
      { baseline: 'native', seed: 7 },
    ).filter(({ metric }) => metric === 'latencyP95Ms');
    expect(comparisons).toMatchObject([
      // what is open is shown with the bounds that keep it so
      { candidate: 'doubtful', verdict: 'undecided', look: { by: 'whole' } },
      { candidate: 'equal', verdict: 'same', look: { by: 'typical', rounds: 12 } },
      { candidate: 'stalling', verdict: 'worse', look: { by: 'whole' } },
    ]);
    expect(comparisons[0]?.look?.interval[1]).toBeGreaterThan(1.1);
  });

  test('decides gross memory by the tare where the gross figures bear it out, and never where the app itself uses more', () => {
    // the app uses now more and now less, as it happens to collect its garbage
    const of = (name: string, tare: number, net: (round: number) => number) =>
      rounds.map((round) => {
        const [own, gross] = [net(round), net(round) + tare];
        const memory = {
          net: { meanMiB: own, peakMiB: own },
          gross: { meanMiB: gross, peakMiB: gross },
        };
        return { ...exampleTrial(name, round), memory };
      });
    const steady = (round: number): number => 25 + ((round * 5) % 7) - 3;
    const unsteady = (round: number): number => 25 + ((round * 3) % 7) - 3;
    const comparisons = compare(
      [
        ...of('native', 0, steady),
        ...of('heavy', 2.5, unsteady),
        ...of('light', 0.3, unsteady),
        // it adds nothing, but in it the app uses more
        ...of('greedy', 0, (round) => unsteady(round) * 1.3),
        ...of('suspect', 0, (round) => unsteady(round) * 1.09),
      ],
      { baseline: 'native', seed: 7 },
    ).filter(({ metric }) => metric === 'memoryGrossMiB');
    expect(comparisons).toMatchObject([
      { candidate: 'greedy', verdict: 'worse', look: { by: 'whole' } },
      { candidate: 'heavy', verdict: 'worse', look: { by: 'typical' } },
      { candidate: 'light', verdict: 'same', look: { by: 'typical' } },
      { candidate: 'suspect', verdict: 'undecided' },
    ]);
    const [low = 0, high = 0] = comparisons[1]?.look?.interval ?? [];
    expect(low).toBeGreaterThan(1.09);
    expect(high).toBeLessThan(1.11);
  });

  test('misses no round after the last one of an environment that is decided', () => {
    const all = trials({ native: 80, slow: 120 });
    const warningsOf = (left: readonly Trial[]) =>
      startupOf('slow', compare(left, { baseline: 'native', seed: 7 }))?.warnings;
    const without = (isOut: (round: number) => boolean) =>
      all.filter(({ environment, round }) => environment === 'native' || !isOut(round));
    expect(warningsOf(without((round) => round > 8))).toEqual([]);
    expect(warningsOf(without((round) => round === 8))).toEqual([
      '1 of 12 rounds left out: candidate or baseline missing or not positive',
    ]);
  });

  test('compares no latency of a round whose open loop was left out', () => {
    const all = trials({ native: 80, equal: 80 }).map((trial) =>
      trial.round > 8 ? { ...trial, open: null, openLeftOut: true as const } : trial,
    );
    const of = (key: string) =>
      compare(all, { baseline: 'native', seed: 7 }).find(({ metric }) => metric === key);
    expect(of('latencyP50Ms')).toMatchObject({ n: 8, verdict: 'same', warnings: [] });
    expect(of('latencyP99Ms')).toMatchObject({ n: 8, warnings: [] });
    expect(of('throughputRps')).toMatchObject({ n: 12 });
  });

  test('judges a p99 only of windows that hold enough requests', () => {
    const few = trials({ native: 80, docker: 80 }).map((trial) => ({
      ...trial,
      open: null,
      load: { ...trial.load, requests: 999 },
    }));
    const p99 = compare(few, { baseline: 'native', seed: 7 }).find(({ metric }) => metric === 'latencyP99Ms');
    expect(p99).toMatchObject({ verdict: null, look: null });
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

  test('says how many rounds more would decide', () => {
    const uneven = trials({ native: 80, slow: 83 }).map((trial) =>
      trial.environment === 'slow'
        ? exampleTrial('slow', trial.round, { readyMs: 83 * (trial.round % 2 === 0 ? 1.1 : 0.92) })
        : trial,
    );
    const comparison = startupOf('slow', compare(uneven, { baseline: 'native', seed: 7 }));
    expect(comparison).toMatchObject({ verdict: 'undecided', look: { rounds: 12 } });
    expect(comparison?.roundsMore).toBeGreaterThan(0);
  });
});
