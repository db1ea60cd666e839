import type { WarmUp } from '@tare/results';
import { seededRandom } from '@tare/statistics';
import { expect, it } from 'vitest';
import { chooseWarmUp as choose, warmUpSeries } from './warm-up.ts';

const chooseWarmUp = (warmUps: readonly WarmUp[], emulated: readonly string[]) =>
  choose(warmUps, emulated, 1);
const warmUp = (environment: string, steadyAfterMs: number | null): WarmUp => ({
  workload: 'primes',
  environment,
  instances: 3,
  besideWarm: true,
  observedMs: 5000,
  steadyAfterMs,
  timeSeries: [],
});
const messages = (chosen: ReturnType<typeof chooseWarmUp>) =>
  chosen.diagnostics.map(({ level, message }) => `${level}: ${message}`);

it('is that of the slowest', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('docker', 2750), warmUp('namespace', 900)], []);
  expect(chosen.warmupMs).toBe(2800);
  expect(messages(chosen)).toEqual([
    'info: warm-up of 2.8 s for every trial: by then primes in docker, the slowest, was steady',
  ]);
});

it('is never so short that it could not have been seen', () => {
  const chosen = chooseWarmUp([warmUp('native', 0), warmUp('docker', 100)], []);
  expect(chosen.warmupMs).toBe(500);
  expect(messages(chosen)).toEqual([
    'info: warm-up of 0.5 s for every trial: fresh instances were steady before',
  ]);
});

it('is no shorter than one that was not steady was watched, and warns of it', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('docker', null)], []);
  expect(chosen.warmupMs).toBe(5000);
  const [reason, warning] = messages(chosen);
  expect(reason).toContain('as long as primes in docker was observed, for it was not steady at the end');
  expect(warning).toMatch(/^warning: primes in docker was not steady after 5 s of load: .*--warmup/);
});

it('is that of the others where less than half were not steady, and warns of those', () => {
  const chosen = chooseWarmUp([warmUp('native', null), warmUp('docker', 2750), warmUp('namespace', 900)], []);
  expect(chosen.warmupMs).toBe(2800);
  const [reason, warning] = messages(chosen);
  expect(reason).toContain('by then primes in docker, the slowest, was steady');
  expect(warning).toMatch(/^warning: primes in native was not steady after 5 s of load: .*--warmup/);
});

/** A time series of 6 s in points of 100 ms, with the noise of a host. */
const seriesOf = (seed: number, levelAt: (ms: number) => number): WarmUp['timeSeries'] => {
  const { uint32 } = seededRandom(seed);
  /** From −1.5 to 1.5, roughly normal, standard deviation 0.5. */
  const noise = (): number => (uint32() + uint32() + uint32()) / 2 ** 32 - 1.5;
  return Array.from({ length: 60 }, (_, place) => {
    const untilMs = (place + 1) * 100;
    return { untilMs, level: levelAt(untilMs) * (1 + 0.06 * noise()) };
  });
};
const steadyFrom = (steadyMs: number, before: number) => (ms: number) => (ms > steadyMs ? 1 : before);

it('is when the median of the environments is steady, whatever the noise of the host makes of each', () => {
  const chosen = chooseWarmUp(
    [
      { ...warmUp('native', 3400), timeSeries: seriesOf(1, steadyFrom(2400, 0.8)) },
      { ...warmUp('docker', null), timeSeries: seriesOf(2, steadyFrom(2400, 0.8)) },
      { ...warmUp('namespace', null), timeSeries: seriesOf(3, steadyFrom(2400, 0.8)) },
    ],
    [],
  );
  expect(chosen.warmupMs).toBe(2200);
  expect(messages(chosen)).toEqual([
    'info: warm-up of 2.2 s for every trial: by then primes (the median of 3 environments) was steady',
  ]);
});

it('does not wait for a change that a window would hardly show, as a noisy host brings them by itself', () => {
  const noisily = (seed: number): WarmUp['timeSeries'] =>
    seriesOf(seed, (ms) => (ms <= 400 ? 0.8 : ms > 1000 && ms <= 1800 ? 0.92 : 1));
  const all = ['native', 'docker', 'namespace'].map((name, place) => ({
    ...warmUp(name, 1800),
    timeSeries: noisily(11 + place),
  }));
  expect(chooseWarmUp(all, []).warmupMs).toBe(500);
});

it('does not wait for the last percents, which ratios do not need', () => {
  const slowly = ['native', 'docker', 'namespace'].map((name, place) => ({
    ...warmUp(name, 2400),
    timeSeries: seriesOf(1 + place, steadyFrom(2400, 0.965)),
  }));
  expect(chooseWarmUp(slowly, []).warmupMs).toBe(500);
});

it('waits for an environment that is still a tenth slower than later when the others are steady', () => {
  const early = ['native', 'namespace'].map((name, place) => ({
    ...warmUp(name, 2400),
    timeSeries: seriesOf(4 + place, steadyFrom(2400, 0.8)),
  }));
  const late = { ...warmUp('docker', 3500), timeSeries: seriesOf(6, steadyFrom(3500, 0.8)) };
  const chosen = chooseWarmUp([...early, late], []);
  expect(chosen.warmupMs).toBe(3500);
  expect(messages(chosen)[0]).toContain('by then primes in docker, the slowest, was steady');
  const never = chooseWarmUp([...early, { ...late, steadyAfterMs: null }], []);
  expect(never.warmupMs).toBe(2200);
  expect(messages(never)[1]).toMatch(/^warning: primes in docker was not steady after 5 s of load: /);
});

it('an emulated environment decides nothing, unless it is alone', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('vagrant', null)], ['vagrant']);
  expect(chosen.warmupMs).toBe(800);
  expect(messages(chosen)[1]).toMatch(
    /^info: primes in vagrant was not steady after 5 s of load: it is emulated/,
  );
  expect(chooseWarmUp([warmUp('vagrant', 2000)], ['vagrant']).warmupMs).toBe(2000);
});

it('says so where an emulated one was steady only after the warm-up that it gets', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('vagrant', 3000)], ['vagrant']);
  expect(messages(chosen)[1]).toMatch(
    /^info: primes in vagrant was steady after 3 s of load: it is emulated/,
  );
});

const slices = (count: number, requests: number, durationMs = 25) =>
  Array.from({ length: count }, () => ({ requests, durationMs }));

it('is in replies per second where an instance is alone', () => {
  expect(warmUpSeries([[...slices(4, 5), ...slices(4, 10)]], undefined)).toEqual([
    { untilMs: 100, level: 200 },
    { untilMs: 200, level: 400 },
  ]);
});

it('is a share of the warm one, which a host that slows both down does not touch', () => {
  const fresh = [...slices(4, 5), ...slices(4, 10), ...slices(4, 5)];
  const warm = [...slices(4, 10), ...slices(4, 10), ...slices(4, 5)];
  expect(warmUpSeries([fresh], warm).map(({ level }) => level)).toEqual([0.5, 1, 1]);
});

it('knows slices of any length, and leaves out a last point that is not whole', () => {
  const timeSeries = warmUpSeries([[...slices(2, 16, 160), ...slices(1, 1, 20)]], slices(3, 8, 160));
  expect(timeSeries).toEqual([
    { untilMs: 160, level: 2 },
    { untilMs: 320, level: 2 },
  ]);
});

it('waits for a reply of the warm one', () => {
  const timeSeries = warmUpSeries([slices(8, 5)], [...slices(4, 0), ...slices(4, 5)]);
  expect(timeSeries).toEqual([{ untilMs: 125, level: 5 }]);
  expect(warmUpSeries([slices(8, 5)], slices(8, 0))).toEqual([]);
});

it('is the median of the instances, whose slices may differ in length', () => {
  const fresh = [slices(4, 5), slices(4, 6, 30), slices(4, 50)];
  expect(warmUpSeries(fresh, slices(4, 10))).toEqual([{ untilMs: (100 + 120 + 100) / 3, level: 0.5 }]);
});
