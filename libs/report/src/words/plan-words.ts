import type { RunFile } from '@tare/results';
import { counted } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import { metricNoun } from './metric-noun.ts';

/**
 * How many rounds a run made, and why: "12 rounds: 6 of a pilot, then 6; the wanted precision would take 40; limited by the
 * budget of 10 min." Plain text.
 */
export function planWords({ plan, config }: RunFile): string {
  if (plan.kind === 'fixed') return `${counted(plan.rounds, 'round')}, as asked for.`;
  const { pilotRounds, rounds, wantedRounds, limitedBy, decidedBy } = plan;
  const more = rounds - pilotRounds;
  const split = more > 0 ? `${pilotRounds} of a pilot, then ${more}` : 'the pilot’s, no more';
  const start = `${counted(rounds, 'round')}: ${split}`;
  if (limitedBy === 'precision') {
    return decidedBy === null
      ? `${start}; the wanted precision takes no more.`
      : `${start}; so many the wanted precision takes (${oneLine(decidedBy.workload)}: ${metricNoun(decidedBy.metric)} of ${oneLine(decidedBy.candidate)}).`;
  }
  const limit =
    limitedBy === 'maximum'
      ? `the maximum of ${config.rounds}`
      : `the budget${config.budgetMs === null ? '' : ` of ${durationText(config.budgetMs)}`}`;
  return `${start}; the wanted precision would take ${wantedRounds}; limited by ${limit}.`;
}

/** "45 s", "10 min", "1.5 h". */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  const [value, unit] =
    seconds < 120 ? [seconds, 's'] : seconds < 7200 ? [seconds / 60, 'min'] : [seconds / 3600, 'h'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
