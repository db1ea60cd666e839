import { plainText } from '@tare/metrics';
import { counted, startMsOf } from '@tare/results';
import { afterEvent, beforeRun, comparisonTitle, type Listener, type RunEvent } from '@tare/runner';
import { clock, listed, statusLines } from './status-lines.ts';
import { type Output, terminalBlock } from './terminal-block.ts';

export type { Output } from './terminal-block.ts';

type Progress = Listener & {
  /** Removes the status lines of a run that ends early. May be called twice, and after the end. */
  readonly close: () => void;
};

/**
 * Shows a run as it goes on: plain lines, and in a terminal one status line per environment below them instead of a line per
 * trial. The status lines are drawn when a trial or a burst of starts begins or ends, never within one, so that
 * nothing disturbs the measurement.
 */
export function showProgress(output: Output): Progress {
  if (output.isTTY !== true) return Object.assign(plainLines(output), { close: () => undefined });
  const draw = terminalBlock(output);
  let state = beforeRun;
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
    draw([]);
  };
  const listener: Listener = (event) => {
    state = afterEvent(state, event);
    if (event.kind === 'run-finished') close();
    const status = isOpen ? statusLines(state) : [];
    const line = status.length > 0 && event.kind === 'trial-finished' ? undefined : plainly(event);
    draw(status, line);
  };
  return Object.assign(listener, { close });
}

function plainLines(output: Output): Listener {
  return (event) => {
    const line = plainly(event);
    if (line !== undefined) output.write(`${line}\n`);
  };
}

/** A line may come from an app or another program. */
function plainly(event: RunEvent): string | undefined {
  const line = describe(event);
  return line === undefined ? undefined : plainText(line);
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
    case 'warming-up':
      return `${event.environment}: watching how ${event.workload} warms up`;
    case 'failed':
      return event.round === undefined
        ? `${event.environment}: failed: ${event.reason}`
        : `${event.environment}: failed in round ${event.round} and is measured no more: ${event.reason}`;
    case 'run-started':
      return `run ${event.runId}: ${event.rounds === undefined ? 'as many rounds as it takes' : counted(event.rounds, 'round')}, seed ${event.seed}, journal ${event.journal}`;
    case 'resumed': {
      const { rounds, trials } = event;
      return `goes on after ${counted(rounds, 'round')}: ${counted(trials.length, 'trial')} ${trials.length === 1 ? 'is' : 'are'} kept`;
    }
    case 'told':
    case 'preflight':
    case 'warm-up-chosen':
    case 'sizes-chosen':
      return event.message;
    case 'looked':
      return describeLook(event);
    case 'ending':
      return 'ending after this round; Ctrl-C again ends at once';
    case 'environments-ready':
    case 'starting':
    case 'trial-started':
      return undefined;
    case 'trial-finished': {
      const { place, trial } = event;
      const startMs = startMsOf(trial);
      const how = trial.startup?.kind === 'restart' ? 'restarted in' : 'ready after';
      const start = startMs === null ? 'running before' : `${how} ${startMs.toFixed(0)} ms`;
      const figures = `${trial.load.throughputRps.toFixed(1)} req/s, ${start}`;
      const left = place.trial === place.trials ? '' : `, about ${clock(place.leftMs)} left`;
      return `round ${place.round}/${place.rounds}  ${place.workload} in ${place.environment}: ${figures}${left}`;
    }
    case 'round-repeated':
      return `round ${event.repeat.round} is repeated: ${event.repeat.reason}`;
    case 'run-finished':
      return `${counted(event.trials, 'trial')} in ${clock(event.elapsedMs)}`;
  }
}

/** "after 8 rounds: 13 of 16 decided, now Startup of primes in docker: worse; open: …; at most 3:07 more" */
function describeLook({ round, judged, open, decided, goesOn, leftMs }: Looked): string {
  const now = listed(decided.map((one) => `${comparisonTitle(one)}: ${one.verdict ?? ''}`));
  return [
    `after ${counted(round, 'round')}: ${judged.length - open.length} of ${judged.length} decided${now === '' ? '' : `, now ${now}`}`,
    ...(open.length === 0 ? [] : [`open: ${listed(open.map(comparisonTitle))}`]),
    ...(goesOn.length === 0 ? [] : [`at most ${clock(leftMs)} more`]),
  ].join('; ');
}

type Looked = Extract<RunEvent, { kind: 'looked' }>;
