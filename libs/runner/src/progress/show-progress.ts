import type { RoundPlan } from '@tare/results';
import { comparisonTitle } from '../run/round-plan.ts';
import type { Listener, RunEvent, TrialPlace } from './run-event.ts';

/** Where progress is written: a terminal, or a stream of plain lines. */
export type Output = { readonly isTTY?: boolean; write(text: string): unknown };

const eraseLine = '\r\u001b[2K';

/**
 * Shows a run as it goes on: plain lines, and in a terminal one line more that says what is under way and is
 * overwritten.
 */
export function showProgress(output: Output): Listener {
  const terminal = output.isTTY === true;
  const say = (line: string): void => {
    output.write(`${terminal ? eraseLine : ''}${line}\n`);
  };
  return (event) => {
    const line = describe(event);
    if (line !== undefined) say(line);
    else if (terminal && event.kind === 'trial-started') output.write(`${eraseLine}${underWay(event.place)}`);
  };
}

function describe(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'reaped':
      return `removed what a killed run left: ${event.what}`;
    case 'probed':
      return event.availability.usable
        ? `${event.environment}: usable`
        : `${event.environment}: not usable here: ${event.availability.reason}. Remedy: ${event.availability.remedy}`;
    case 'preparing':
      return `${event.environment}: preparing`;
    case 'checking':
      return `${event.environment}: checking the answers of ${event.workload}`;
    case 'failed':
      return `${event.environment}: failed: ${event.reason}`;
    case 'run-started':
      return `run ${event.runId}: ${event.rounds ?? 'a pilot, then as many as it takes:'} rounds, seed ${event.seed}, journal ${event.journal}`;
    case 'preflight':
      return event.message;
    case 'rounds-decided':
      return describePlan(event.plan);
    case 'trial-started':
      return undefined;
    case 'trial-finished': {
      const { place, trial } = event;
      const start = trial.startup.kind === 'restart' ? 'restarted in' : 'ready after';
      const figures = `${trial.load.throughputRps.toFixed(1)} req/s, ${start} ${trial.startup.readyMs.toFixed(0)} ms`;
      const left = place.trial === place.trials ? '' : `, about ${clock(place.leftMs)} left`;
      return `round ${place.round}/${place.rounds}  ${place.workload} in ${place.environment}: ${figures}${left}`;
    }
    case 'round-repeated':
      return `round ${event.repeat.round} is repeated: ${event.repeat.reason}`;
    case 'run-finished':
      return `${event.trials} trials in ${clock(event.elapsedMs)}`;
  }
}

function describePlan(plan: RoundPlan): string {
  if (plan.kind === 'fixed') return `${plan.rounds} rounds`;
  const { pilotRounds, rounds, wantedRounds, limitedBy, decidedBy } = plan;
  const most = decidedBy === null ? '' : ` (${comparisonTitle(decidedBy)})`;
  const limit = {
    precision: '',
    maximum: `; the wanted precision would take ${wantedRounds}${most}, more than the maximum`,
    budget: `; the wanted precision would take ${wantedRounds}${most}, more than the time budget allows`,
  }[limitedBy];
  return `pilot of ${pilotRounds} rounds done: ${rounds} rounds in all${limit}`;
}

function underWay({ round, rounds, trial, trials, environment, workload, leftMs }: TrialPlace): string {
  return `round ${round}/${rounds}  trial ${trial}/${trials}  ${workload} in ${environment} …  about ${clock(leftMs)} left`;
}

/** @returns minutes and seconds: "3:07". */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
