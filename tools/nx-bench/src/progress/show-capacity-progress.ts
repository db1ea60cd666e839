import type { CapacityEvent, CapacityListener, SearchEvent } from '@tare/checks';
import { plainText } from '@tare/metrics';
import type { PassCapacity, Slo } from '@tare/results';
import { counted } from '@tare/results';
import { showProgress } from './show-progress.ts';
import { clock } from './status-lines.ts';
import type { Output } from './terminal-block.ts';

const searchKinds: ReadonlySet<string> = new Set<SearchEvent['kind']>([
  'capacity-started',
  'generator-proving',
  'generator-proven',
  'search-started',
  'step-finished',
  'search-finished',
  'capacity-finished',
]);

/** Shows a search for capacities as lines: what is under way, every step, and what each search found. */
export function showCapacityProgress(output: Output, slo: Slo): CapacityListener {
  const showRun = showProgress(output);
  return (event) => {
    if (isSearchEvent(event)) output.write(`${plainText(describe(event, slo))}\n`);
    else showRun(event);
  };
}

function isSearchEvent(event: CapacityEvent): event is SearchEvent {
  return searchKinds.has(event.kind);
}

function describe(event: SearchEvent, slo: Slo): string {
  switch (event.kind) {
    case 'capacity-started':
      return `run ${event.runId}: ${event.searches} searches for ${slo.text}, seed ${event.seed}, journal ${event.journal}`;
    case 'generator-proving':
      return 'load generator: searching its own limit with a server that answers at once';
    case 'generator-proven':
      return `load generator: meets ${slo.text} by itself up to ${rate(event.generatorRps)}`;
    case 'search-started': {
      const { search, searches, pass } = event.place;
      return `search ${search}/${searches}  ${where(event.place)}, pass ${pass}`;
    }
    case 'step-finished': {
      const { rateRps, sloLatencyMs, outcome, errors, timeouts } = event.step;
      const failed =
        errors + timeouts === 0 ? '' : `, ${counted(errors, 'error')}, ${counted(timeouts, 'timeout')}`;
      return `  ${rate(rateRps)}: p${slo.percentile} ${sloLatencyMs.toFixed(1)} ms${failed}: ${outcome}`;
    }
    case 'search-finished':
      return `  ${where(event.place)}: ${foundText(event.found)}`;
    case 'capacity-finished':
      return `${counted(event.steps, 'step')} in ${clock(event.elapsedMs)}`;
  }
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

function where({ workload, environment }: Extract<SearchEvent, { kind: 'search-started' }>['place']): string {
  return `${workload} in ${environment}`;
}

function rate(rateRps: number): string {
  return `${Number(rateRps.toPrecision(4))} req/s`;
}
