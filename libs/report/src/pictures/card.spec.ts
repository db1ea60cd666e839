import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { shortened } from '../model/words.ts';
import { planCard, summaryCard, textLines } from './card.ts';

const planOf = (run: RunFile) => planCard(reportModel(run));
const cardOf = (run: RunFile) => summaryCard(reportModel(run));

test('the card is 1200 × 630, ours, and can be read aloud', () => {
  expect(cardOf(exampleRun())).toMatch(
    /^<svg data-source="tare-report" role="img" aria-label="primes: what its environment costs\. [^"]+" xmlns="[^"]+" width="1200" height="630" /,
  );
});

test('a verdict is a sign and a word, not a colour alone', () => {
  const card = cardOf(exampleRun());
  expect(card).toContain('>−</text>');
  expect(card).toContain('>×0.934 worse</text>');
  expect(card).toContain('>=</text>');
});

test('the same run gives the same bytes', () => {
  expect(cardOf(exampleRun())).toBe(cardOf(exampleRun()));
});

test('text of a run is escaped, and a long one shortened', () => {
  const run = exampleRun();
  const name = `<b>&"${'n'.repeat(80)}`;
  const card = cardOf({ ...run, summary: { [name]: run.summary.primes ?? {} } });
  expect(card).not.toContain('<b>');
  expect(card).toMatch(/>&lt;b&gt;&amp;&quot;n+…<\/text>/);
});

/** A run with one more environment that is measured: podman, with the figures of docker. */
function ofFive(run: RunFile): RunFile {
  return {
    ...run,
    environments: run.environments.map((environment) =>
      environment.name === 'podman'
        ? { name: 'podman', kind: 'docker', status: 'measured', facts: {} }
        : environment,
    ),
    summary: { primes: { ...run.summary.primes, podman: run.summary.primes?.docker ?? {} } },
  };
}

test('the card has the first workload, its environments without the control, and the conclusion', () => {
  const plan = planOf(exampleRun());
  expect(plan.title).toBe('primes: what its environment costs');
  expect(plan.host).toBe('2026-03-01 · Example CPU @ 3.00GHz · 4 cores · 12 rounds');
  expect(plan.rows.map(({ name, note }) => [name, note])).toEqual([
    ['native', 'baseline'],
    ['namespace', ''],
    ['docker', ''],
    ['vagrant', 'emulated, not judged'],
  ]);
  expect(plan.conclusion.map((each) => each.slice(0, 25))).toEqual([
    'namespace against native:',
    'docker against native: +1',
    'vagrant runs on an emulat',
  ]);
  expect(plan.leftOut).toBe('other workload: grocery');
});

test('figures have their unit, a ratio, and the verdict of the run', () => {
  const [native, , docker, vagrant] = planOf(exampleRun()).rows;
  expect(native?.figures[0]).toEqual({ value: '83.5 ms', ratio: '', verdict: undefined, words: '' });
  expect(docker?.figures[1]).toEqual({
    value: '6625 req/s',
    ratio: '×0.934',
    verdict: 'worse',
    words: '×0.934 worse',
  });
  expect(vagrant?.figures[3]).toEqual({
    value: '494 MiB',
    ratio: '×6.37',
    verdict: undefined,
    words: '×6.37',
  });
});

test('all environments are on the card, in the colours of the charts; rows keep room for their figures', () => {
  const plan = planOf(ofFive(exampleRun()));
  expect(plan.rows.map(({ name }) => name)).toEqual(['native', 'namespace', 'docker', 'podman', 'vagrant']);
  expect(plan.rows[3]?.colour).toBe('#56B4E9');
  const run = ladderRun();
  const card = cardOf(run);
  const middles = planOf(run).rows.map(({ name }) =>
    Number(new RegExp(` y="([\\d.]+)"[^>]*>${name}<`).exec(card)?.[1]),
  );
  expect(middles).toHaveLength(9);
  for (const [place, y] of middles.slice(1).entries()) expect(y - (middles[place] ?? 0)).toBeGreaterThan(48);
});

test('a figure that nobody has has no column, one that an environment lacks is a dash', () => {
  const run = exampleRun();
  const { startupMs, throughputRps } = run.summary.primes?.native ?? {};
  if (startupMs === undefined || throughputRps === undefined) throw new Error('The example lacks figures.');
  const summary = { primes: { native: { startupMs, throughputRps }, docker: { throughputRps } } };
  const plan = planOf({ ...run, summary });
  expect(plan.headings.map(({ text }) => text)).toEqual(['startup', 'throughput']);
  expect(plan.rows[1]?.figures.map(({ value }) => value)).toEqual(['–', '7092 req/s']);
});

test('an environment that failed midway gives way to one that did not, and is said not to be judged', () => {
  const [, , docker] = planOf(failedMidway('docker', 3)).rows;
  expect([docker?.name, docker?.note, docker?.figures[1]?.verdict]).toEqual([
    'docker',
    'failed, not judged',
    undefined,
  ]);
});

test('a run without figures still has a card', () => {
  expect(planOf({ ...exampleRun(), summary: {}, comparisons: [] })).toMatchObject({
    title: 'nothing measured: what its environment costs',
    rows: [],
    conclusion: [],
  });
});

test('a text is broken at spaces, and a word longer than a line anywhere: nothing is left out', () => {
  expect(textLines('one two three four', 9)).toEqual(['one two', 'three', 'four']);
  expect(textLines('short', 9)).toEqual(['short']);
  expect(textLines('', 9)).toEqual([]);
  expect(textLines('extraordinarily long', 9)).toEqual(['extraordi', 'narily', 'long']);
  expect(textLines('at most 3.8 % higher', 11)).toEqual(['at most', '3.8 %', 'higher']);
  expect(shortened('déjà vu', 5)).toBe('déjà…');
});

test('what is open shows its bounds', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((each) =>
    each.metric === 'throughputRps'
      ? { ...each, verdict: 'undecided' as const, ci95: [0.977, 1.009] as [number, number], look: null }
      : each,
  );
  expect(planOf({ ...run, comparisons }).rows[1]?.figures[1]?.words).toBe('−2.3 to +0.9 %');
});

test('the conclusion of every environment is on the card in full, which grows where it must', () => {
  const run = exampleRun();
  const names = ['docker', 'docker:gvisor', 'podman', 'bubblewrap', 'nspawn'];
  const of = run.comparisons.filter(({ candidate }) => candidate === 'docker');
  const many = {
    ...run,
    environments: [
      ...run.environments.filter(({ name }) => name === 'native'),
      ...names.map((name) => ({ name, kind: 'docker', status: 'measured' as const, facts: {} })),
    ],
    config: { ...run.config, environments: ['native', ...names] },
    summary: { primes: Object.fromEntries(['native', ...names].map((name) => [name, run.summary.primes?.[name === 'native' ? name : 'docker'] ?? {}])) },
    comparisons: names.flatMap((candidate) => of.map((each) => ({ ...each, candidate }))),
  };
  const card = cardOf(many);
  for (const name of names) expect(card).toContain(`>${name} against native: +199 ms startup`);
  expect(card).not.toContain('…');
  const shown = [...card.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join(' ');
  for (const sentence of planOf(many).conclusion) expect(shown).toContain(sentence);
  expect(Number(/ height="(\d+)"/.exec(card)?.[1])).toBeGreaterThan(630);
}); // prettier-ignore
