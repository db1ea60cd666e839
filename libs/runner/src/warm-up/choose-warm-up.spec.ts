import type { WarmUp } from '@tare/results';
import { expect, it } from 'vitest';
import { chooseWarmUp } from './choose-warm-up.ts';

const warmUp = (environment: string, steadyAfterMs: number | null): WarmUp => ({
  workload: 'primes',
  environment,
  instances: 3,
  besideWarm: true,
  observedMs: 5000,
  steadyAfterMs,
  course: [],
});
const messages = (chosen: ReturnType<typeof chooseWarmUp>) =>
  chosen.diagnostics.map(({ level, message }) => `${level}: ${message}`);

it('is 1.5 times that of the slowest', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('docker', 1850), warmUp('namespace', 900)], []);
  expect(chosen.warmupMs).toBe(2800);
  expect(messages(chosen)).toEqual([
    'info: warm-up of 2.8 s for every trial: 1.5 times the 1.9 s after which primes in docker, the slowest, was steady',
  ]);
});

it('is never so short that it could not have been seen', () => {
  const chosen = chooseWarmUp([warmUp('native', 0), warmUp('docker', 100)], []);
  expect(chosen.warmupMs).toBe(2000);
  expect(messages(chosen)).toEqual([
    'info: warm-up of 2 s for every trial: fresh instances were steady before 1.3 s',
  ]);
});

it('is no shorter than one that was not steady was watched, and warns of it', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('docker', null)], []);
  expect(chosen.warmupMs).toBe(5000);
  const [reason, warning] = messages(chosen);
  expect(reason).toContain('as long as primes in docker was observed, for it was not steady at the end');
  expect(warning).toMatch(/^warning: primes in docker was not steady after 5 s of load: .*--warmup/);
});

it('an emulated environment decides nothing, unless it is alone', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('vagrant', null)], ['vagrant']);
  expect(chosen.warmupMs).toBe(2000);
  expect(messages(chosen)[1]).toMatch(
    /^info: primes in vagrant was not steady after 5 s of load: it is emulated/,
  );
  expect(chooseWarmUp([warmUp('vagrant', 2000)], ['vagrant']).warmupMs).toBe(3000);
});

it('says so where an emulated one was steady only after the warm-up that it gets', () => {
  const chosen = chooseWarmUp([warmUp('native', 800), warmUp('vagrant', 3000)], ['vagrant']);
  expect(messages(chosen)[1]).toMatch(
    /^info: primes in vagrant was steady after 3 s of load: it is emulated/,
  );
});
