import { expect, test } from 'vitest';
import { exampleTrial } from '../fixtures/example-run.ts';
import { compare } from './compare.ts';
import { metricCatalogue } from './metric-catalogue.ts';

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

test('takes the twin for a family of its own', () => {
  const alone = compare(trials({ native: 80, slow: 120 }), { baseline: 'native', seed: 7 });
  const withTwin = compare(trials({ native: 80, slow: 120, 'native:twin': 80 }), {
    baseline: 'native',
    twin: 'native:twin',
    seed: 7,
  });
  expect(startupOf('slow', withTwin)?.pAdjusted).toBe(startupOf('slow', alone)?.pAdjusted);
  expect(startupOf('native:twin', withTwin)?.verdict).toBe('same');
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

test('says how many rounds so many comparisons need, and how many more', () => {
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
