import { summarise, type RoundPlan, type RunFile, type Verdict } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, partlyMetered } from '../../fixtures/example-run.ts';
import { recordOf } from './record.ts';
import { reportModel } from './report-model.ts';
import { caveatsOf, controlCaveat, decidedEarly, guardCaveats, planWords } from './caveats.ts';

const unjudged = ['vagrant', 'jail'];
const calibration = {
  measuredAt: '2026-02-28T09:00:00.000Z',
  passed: 14,
  failed: 0,
  falseDifferences: { found: 2, of: 48 },
  slowdownsOf5Percent: { found: 1, of: 1 },
  path: 'reports/calibration/latest.json',
};

test('first the control, then the plan, the warm-up, the guards, and the calibration when there is one', () => {
  const starts = caveatsOf(exampleRun(), unjudged, calibration).map(({ text }) =>
    text.split(' ', 2).join(' '),
  );
  expect(starts).toEqual(['A/A control', '12 rounds:', 'Warm-up of', '1 round', '1 of', 'Calibration of']);
  expect(caveatsOf(exampleRun(), unjudged, undefined)).toHaveLength(5);
});

test('says whose means are of fewer rounds, because they were decided early', () => {
  const run = exampleRun();
  expect(decidedEarly(run, unjudged)).toEqual([]);
  const trials = run.trials.filter(
    ({ environment, round }) => round <= 6 || !['docker', 'native:control', 'vagrant'].includes(environment),
  );
  expect(decidedEarly({ ...run, trials }, unjudged)).toEqual([
    {
      level: 'info',
      text: 'docker (6 of 12 rounds) and native:control (6 of 12 rounds) were measured only until decided: their means are of fewer rounds than those of native, the ratios compare the same rounds.',
    },
  ]);
});

test('says whose latencies are of fewer rounds', () => {
  const run = exampleRun();
  const trials = run.trials.map((trial) =>
    trial.environment === 'docker' && trial.round > 8
      ? { ...trial, open: null, openLeftOut: true as const }
      : trial,
  );
  expect(decidedEarly({ ...run, trials }, unjudged)).toEqual([
    {
      level: 'info',
      text: 'Latencies of docker (8 of 12 rounds) were measured only until decided: their means are of fewer rounds than those of native, the ratios compare the same rounds.',
    },
  ]);
});

/** The example of one workload, with a verdict of the control in startup. */
function runWith(verdict: Verdict): RunFile {
  const run = exampleRun();
  const comparisons = run.comparisons
    .filter(({ workload }) => workload === 'primes')
    .map((c) => (c.candidate === run.config.control && c.metric === 'startupMs' ? { ...c, verdict } : c));
  return { ...run, comparisons };
}

test('a control that is the same counts its metrics, over several workloads the comparisons', () => {
  expect(controlCaveat(runWith('undecided'))).toEqual([
    {
      level: 'info',
      text: 'A/A control of native: same in 8 of 9 metrics, open in 1 (startup −1.6 to +2.0 %), no false difference.',
    },
  ]);
  expect(controlCaveat(exampleRun(4))[0]?.text).toBe(
    'A/A control of native: open in 18 of 18 comparisons, no false difference.',
  );
});

test('says so where the ratios are to the mean of baseline and control', () => {
  const run = runWith('same');
  const comparisons = run.comparisons.map((each) =>
    each.candidate === 'docker' ? { ...each, copies: 2 } : each,
  );
  expect(controlCaveat({ ...run, comparisons })[0]?.text).toMatch(
    /, no false difference\. Ratios are to the mean of the two\.$/,
  );
});

test.each(['better', 'worse'] as const)('a control that is %s is a warning', (verdict) => {
  const [caveat] = controlCaveat(runWith(verdict));
  expect(caveat?.level).toBe('warning');
  expect(caveat?.text).toMatch(
    /^A\/A control of native: same in 8 of 9 metrics, a false difference in startup \(\d.*\)\. Chance alone /,
  );
});

test('a run without a control has no such caveat, and a control without a figure a warning', () => {
  const run = exampleRun();
  expect(controlCaveat({ ...run, config: { ...run.config, control: null } })).toEqual([]);
  expect(controlCaveat({ ...run, comparisons: [] })).toEqual([
    { level: 'warning', text: 'A/A control of native: no figure could be compared.' },
  ]);
});

const decidedBy = { workload: 'primes', metric: 'latencyP99Ms', candidate: 'docker', logRatioStdev: 0.03 };
const pilot = {
  kind: 'pilot',
  pilotRounds: 6,
  rounds: 12,
  wantedRounds: 40,
  limitedBy: 'budget',
  decidedBy,
} as const;
const words = (plan: RoundPlan, budgetMs: number | null = 600_000) => {
  const run = exampleRun(1);
  return planWords({ ...run, plan, config: { ...run.config, budgetMs } });
};

test('a plan says what limits it', () => {
  expect(words(pilot)).toBe(
    '12 rounds: 6 pilot rounds, then 6 more. The wanted precision takes 40; the budget of 10 min allowed no more.',
  );
  expect(words({ ...pilot, limitedBy: 'maximum' })).toMatch(/takes 40; the maximum is 30\.$/);
  expect(words(pilot, null)).toMatch(/; the budget allowed no more\.$/);
});

test('a plan that reached its precision says what took so many', () => {
  expect(words({ ...pilot, limitedBy: 'precision', wantedRounds: 12 })).toBe(
    '12 rounds: 6 pilot rounds, then 6 more, as the wanted precision takes (primes: latency p99 of docker).',
  );
  expect(words({ ...pilot, rounds: 6, wantedRounds: 4, limitedBy: 'precision', decidedBy: null })).toBe(
    '6 rounds: 6 pilot rounds only; the pilot was precise enough.',
  );
});

const looks: Extract<RoundPlan, { kind: 'looks' }> = {
  kind: 'looks',
  looks: [6, 8],
  mostRounds: 20,
  rounds: 8,
  endedBy: 'decided',
  roundMs: 30_000,
};

test('a plan of looks says when it looked, and what ended it', () => {
  expect(words(looks)).toBe('8 rounds, looked at after 6 and 8: everything judged is decided.');
  expect(words({ ...looks, rounds: 20, endedBy: 'rounds' })).toMatch(/: 20 are the most\.$/);
  expect(words({ ...looks, endedBy: 'budget' })).toMatch(/: the budget of 10 min allowed no more\.$/);
  expect(words({ ...looks, looks: [], rounds: 4, endedBy: 'interrupted' })).toBe('4 rounds: interrupted.');
});

test('a fixed number is what was requested', () => {
  expect(words({ kind: 'fixed', rounds: 1 })).toBe('1 round, as requested.');
});

test('repeats are counted by guard, and what still violates one is a warning', () => {
  expect(guardCaveats(exampleRun(), unjudged)).toEqual([
    {
      level: 'info',
      text: '1 round was repeated (2 repeats): 1 for other programs on the CPU and 1 for a failed trial.',
    },
    {
      level: 'warning',
      text: '1 of 120 trials, in docker, still violates a guard: other programs on the CPU (1 ×).',
    },
  ]);
});

test('a reason without the key of a guard is told without its name', () => {
  const run = exampleRun();
  const repeats = run.repeats.map((repeat) => ({ ...repeat, cause: 'guard' as const, reason: 'too loud' }));
  expect(guardCaveats({ ...run, repeats }, unjudged)[0]?.text).toMatch(/: 2 for a guard\.$/);
});

test('slices that were sent again are told', () => {
  const run = exampleRun(1);
  const trials = run.trials.map((trial, index) => {
    const slicesAgain = index === 0 ? 3 : 0;
    return { ...trial, open: trial.open && { ...trial.open, slices: 40, slicesAgain } };
  });
  const slices = 40 * trials.filter(({ open }) => open !== null).length;
  expect(guardCaveats({ ...run, trials, repeats: [] }, unjudged)).toContainEqual({
    level: 'info',
    text: `3 of ${slices} open-loop slices were sent again because the load generator was late.`,
  });
});

test('a clean run says so', () => {
  const run = exampleRun(1);
  expect(guardCaveats({ ...run, repeats: [] }, unjudged)).toEqual([
    { level: 'info', text: 'No round was repeated, and no trial violates a guard.' },
  ]);
});

test('a host that does not report is not called quiet', () => {
  const run = exampleRun(1);
  const trials = run.trials.map((trial) => ({ ...trial, host: { ...trial.host, foreignCpus: null } }));
  expect(guardCaveats({ ...run, trials }, unjudged).at(-1)?.text).toBe(
    'CPU use by other programs is unknown for all trials: the host does not report it.',
  );
  const one = trials.map((trial, place) => (place === 0 ? trial : { ...trial, ...run.trials[place] }));
  expect(guardCaveats({ ...run, trials: one }, unjudged).at(-1)?.text).toMatch(
    /is unknown for 1 of 10 trials:/,
  );
});

test('what only an environment without verdicts violates is no warning', () => {
  const run = exampleRun(1);
  const violations = exampleRun().trials.flatMap((trial) => trial.violations);
  const trials = run.trials.map((trial) =>
    trial.environment === 'vagrant' ? { ...trial, violations: [...violations, ...violations] } : trial,
  );
  expect(guardCaveats({ ...run, trials }, unjudged)).toEqual([
    {
      level: 'info',
      text: '2 of 10 trials, in vagrant, violate a guard: other programs on the CPU (2 ×); nothing is judged there.',
    },
  ]);
});

test('a calibration is cited with its date, its figures and its file', () => {
  expect(caveatsOf(exampleRun(), unjudged, calibration).at(-1)).toEqual({
    level: 'info',
    text: 'Calibration of this machine, 2026-02-28 09:00 UTC: 14 checks passed; a false difference in 2 of 48 A/A comparisons; a slowdown of 5 % found in 1 of 1 run (reports/calibration/latest.json).',
  });
  const keptFrom = '2026-02-20T08:30:00.000Z';
  expect(caveatsOf(exampleRun(), unjudged, { ...calibration, keptFrom }).at(-1)?.text).toMatch(
    /^Calibration of this machine, 2026-02-28 09:00 UTC, parts of it from 2026-02-20 08:30 UTC: 14 checks passed;/,
  );
  const power = { found: 1.94, same: null };
  expect(caveatsOf(exampleRun(), unjudged, { ...calibration, power }).at(-1)?.text).toMatch(
    /latest\.json\)\. In throughput, native against its copy takes 1\.9 min there until a slowdown of 5 % is found, more rounds than a run has until “same” is shown\.$/,
  );
  const failed = { ...calibration, failed: 1, falseDifferences: null, slowdownsOf5Percent: null };
  expect(caveatsOf(exampleRun(), unjudged, failed).at(-1)).toEqual({
    level: 'warning',
    text: 'Calibration of this machine, 2026-02-28 09:00 UTC: 1 of 15 checks failed (reports/calibration/latest.json).',
  });
});

test('says once what could not be metered, for all environments with the same reason', () => {
  const missing = partlyMetered({ namespace: ['net'], docker: ['net'], vagrant: ['net', 'gross'] });
  expect(caveatsOf(missing, unjudged, undefined).map(({ text }) => text)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^CPU and memory of (namespace and docker|docker and namespace): net could not be measured, so there is no tare, and no verdict on them: its kernel lies <between> the two\.$/,
      ),
      expect.stringMatching(/^CPU and memory of vagrant: net and gross could not be measured, so /),
    ]),
  );
});

test('where an environment has no gross, nobody knows what else used the CPUs, and that is the reason', () => {
  const run = partlyMetered({ docker: ['gross'] });
  const trials = run.trials.map((trial) => ({ ...trial, host: { ...trial.host, foreignCpus: null } }));
  expect(guardCaveats({ ...run, trials }, unjudged).at(-1)?.text).toBe(
    'CPU use by other programs is unknown for all trials: what an environment uses of the host could not be told.',
  );
});

test('says of what was deployed already that the way there counts, and shows no startup of it', () => {
  const run = exampleRun();
  const trials = run.trials.map(({ startup, ...trial }) =>
    trial.environment === 'docker' ? trial : { ...trial, startup },
  );
  expect(caveatsOf({ ...run, trials }, unjudged, undefined).map(({ text }) => text)).toContain(
    'docker ran before this run: there is no startup, which bytes run there was not checked, and the way there is a part of throughput and latency.',
  );
  expect(recordOf({ ...run, trials }).equal.at(-1)).toEqual([
    'Except',
    ['docker ran before: of all this only the load is the same there'],
  ]);
  const shown = reportModel({ ...run, trials, summary: summarise(trials), comparisons: [] });
  const startup = shown.workloads[0]?.rows.find(({ metric }) => metric.key === 'startupMs');
  const docker = startup?.cells.find(({ subject }) => subject.name === 'docker');
  expect(docker).toMatchObject({ mean: '', verdictText: 'not measured' });
});
