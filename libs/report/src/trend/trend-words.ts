import { fewestForChangePoint } from '@tare/statistics';
import { decimalsOf } from '../number-text.ts';
import { counted } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import { metricNoun } from '../words/metric-noun.ts';
import type { TrendGroup } from './trend-group.ts';
import type { TrendChange, TrendPoint, TrendSeries } from './trend-series.ts';

/** Share of series without a change that show one all the same: the level of the test. */
const falseAlarmShare = 0.05;
/** From this ratio on, and from its inverse down, a factor reads better than a percentage. */
const largeRatio = 2;

/** "throughput of primes in docker fell 12 % at abc1234 (2026-11-20), p = 0.005: worse". */
export function changeSentence(workload: string, series: TrendSeries, change: TrendChange): string {
  const { ratio, p, effect, index } = change;
  const subject = `${metricNoun(series.metric.key)} of ${oneLine(workload)} in ${environmentTitle(series)}`;
  const place = placeText(series.points[index]);
  return `${subject} ${movement(ratio)} at ${place}, p = ${p.toFixed(3)}: ${effect}`;
}

function movement(ratio: number | null): string {
  if (ratio === null) return 'changed';
  const verb = ratio < 1 ? 'fell' : 'rose';
  return isLarge(ratio) ? `${verb} to ${factorText(ratio)}` : `${verb} ${percentText(ratio)}`;
}

/** "−12 %", "+3.1 %", "×3.28"; "changed" without a ratio. */
export function changeMark({ ratio }: TrendChange): string {
  if (ratio === null) return 'changed';
  if (isLarge(ratio)) return factorText(ratio);
  return `${ratio < 1 ? '−' : '+'}${percentText(ratio)}`;
}

/** "abc1234 (2026-11-20)"; a tree with changes of its own has a "+", a run without a commit its name. */
export function placeText(point: TrendPoint | undefined): string {
  return point === undefined ? 'an unknown run' : `${commitText(point)} (${point.startedAt.slice(0, 10)})`;
}

/** "abc1234", "abc1234+" when the tree had other changes, "run 20261120-101500" without a commit. */
export function commitText({ commit, dirty, id }: Pick<TrendPoint, 'commit' | 'dirty' | 'id'>): string {
  return commit === null ? `run ${oneLine(id)}` : `${commit.slice(0, 7)}${dirty ? '+' : ''}`;
}

/** "docker", "vagrant (emulated)". */
export function environmentTitle({ environment, emulated }: TrendSeries): string {
  return `${oneLine(environment)}${emulated ? ' (emulated)' : ''}`;
}

/** "AMD EPYC, 2 cores, 24 GiB, Linux 6.18, Node v24.21.0 (host 0123456789ab)". */
export function hostText({ host, hostFingerprint }: TrendGroup): string {
  const parts = [host.cpuModel, counted(host.cores, 'core'), `${host.memoryGiB} GiB`, host.kernel];
  return `${oneLine([...parts, `Node ${host.node}`].join(', '))} (host ${hostFingerprint})`;
}

/** "12 runs, 2026-11-01 to 2026-11-20". */
export function runsText({ lines }: TrendGroup): string {
  const [first = '', last = ''] = [lines.at(0), lines.at(-1)].map((line) => line?.startedAt.slice(0, 10));
  return `${counted(lines.length, 'run')}, ${first === last ? first : `${first} to ${last}`}`;
}

/** What must be known of the marks: too few runs to find any, or how many come by chance. */
export function careText({ series }: TrendGroup): string {
  const most = Math.max(...series.map(({ points }) => points.length));
  if (most < fewestForChangePoint) {
    return `A change can be found from ${fewestForChangePoint} runs on one host under the same conditions on; there ${most === 1 ? 'is' : 'are'} ${most}.`;
  }
  const tested = series.filter(({ points }) => points.length >= fewestForChangePoint).length;
  const expected = (tested * falseAlarmShare).toFixed(1);
  const what = tested === 1 ? '1 series was tested' : `${tested} series were tested`;
  return `${what} at p ≤ ${falseAlarmShare}: chance alone marks about ${expected} of them.`;
}

function isLarge(ratio: number): boolean {
  return ratio >= largeRatio || ratio <= 1 / largeRatio;
}

function factorText(ratio: number): string {
  return `×${ratio.toFixed(decimalsOf(ratio))}`;
}

function percentText(ratio: number): string {
  const percent = Math.abs(ratio - 1) * 100;
  return `${percent.toFixed(percent >= 9.95 ? 0 : 1)} %`;
}
