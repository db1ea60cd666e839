import type { PassCapacity, Slo } from '@tare/results';
import { clock, showProgress, type Output } from '../progress/show-progress.ts';
import type { CapacityListener, SearchPlace } from './capacity-event.ts';

/** Shows a search for capacities as lines: what is under way, every step, and what each search found. */
export function showCapacityProgress(output: Output, slo: Slo): CapacityListener {
  const showRun = showProgress(output);
  const say = (line: string): void => {
    output.write(`${line}\n`);
  };
  return (event) => {
    switch (event.kind) {
      case 'capacity-started':
        say(
          `run ${event.runId}: ${event.searches} searches for ${slo.text}, seed ${event.seed}, journal ${event.journal}`,
        );
        break;
      case 'generator-proving':
        say('load generator: searching its own limit with a server that answers at once');
        break;
      case 'generator-proven':
        say(`load generator: meets ${slo.text} by itself up to ${rate(event.generatorRps)}`);
        break;
      case 'search-started':
        say(
          `search ${event.place.search}/${event.place.searches}  ${where(event.place)}, pass ${event.place.pass}`,
        );
        break;
      case 'step-finished': {
        const { rateRps, sloLatencyMs, outcome, errors, timeouts } = event.step;
        const failed = errors + timeouts === 0 ? '' : `, ${errors} errors, ${timeouts} timeouts`;
        const figures = `p${slo.percentile} ${sloLatencyMs.toFixed(1)} ms${failed}`;
        say(`  ${rate(rateRps)}: ${figures}: ${outcome}`);
        break;
      }
      case 'search-finished':
        say(`  ${where(event.place)}: ${foundText(event.found)}`);
        break;
      case 'capacity-finished':
        say(`${event.steps} steps in ${clock(event.elapsedMs)}`);
        break;
      default:
        showRun(event);
    }
  };
}

function foundText({ highestRps, lowestMissRps, limit }: PassCapacity): string {
  if (highestRps === null) {
    return lowestMissRps === null
      ? 'nothing is proven: the load generator is the limit'
      : `misses even at ${rate(lowestMissRps)}`;
  }
  switch (limit) {
    case 'slo':
      return `meets up to ${rate(highestRps)}, misses at ${rate(lowestMissRps ?? highestRps)}`;
    case 'generator':
      return `at least ${rate(highestRps)}; the load generator is the limit`;
    case 'maximum':
      return `at least ${rate(highestRps)}; no higher rate was asked for`;
    case 'steps':
      return `at least ${rate(highestRps)}; the search was not finished`;
  }
}

function where({ workload, environment }: SearchPlace): string {
  return `${workload} in ${environment}`;
}

function rate(rateRps: number): string {
  return `${Number(rateRps.toPrecision(4))} req/s`;
}
