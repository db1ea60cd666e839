import { failuresText } from '@tare/metrics';
import type { Diagnostic, Trial } from '@tare/results';

// Little's law is exact only for a closed system in steady state; see Little 1961 and statistics of the house
const littlesLawTolerance = 0.05;
const shortWindowMs = 500;
// a turn ends with its slowest reply: until then fewer and fewer requests are under way, which costs throughput only where
// the server then has time to spare
const leastUnderWayInTurns = 0.9;
const busyCpuPercent = 90;

/** What is odd about a trial's figures, for the run file. Pure. */
export function trialDiagnostics(trial: Trial): readonly Diagnostic[] {
  const where = `${trial.workload}, round ${trial.round}, ${trial.environment}`;
  const found: Diagnostic[] = [];
  const warn = (code: string, message: string): void => {
    found.push({ level: 'warning', code, message: `${where}: ${message}` });
  };
  const { load } = trial;
  for (const [loop, window] of [['closed', load] as const, ['open', trial.open] as const]) {
    if (window === null || window.errors + window.timeouts === 0) continue;
    const what = failuresText({
      timeouts: window.timeouts,
      failures: window.failures ?? { error: window.errors },
    });
    warn('errors', `${window.requests} good replies in the ${loop} loop, beside ${what}`);
  }
  // Little's law: requests under way = arrival rate × time in the system
  const underWay = (load.throughputRps * load.latencyMs.mean) / 1000;
  const share = underWay / load.connections;
  const cpuPercent = trial.cpu.net.percent;
  if (load.turns !== undefined && share < leastUnderWayInTurns && cpuPercent < busyCpuPercent) {
    warn(
      'short-turns',
      `at the ends of the turns the server had time to spare: ${underWay.toFixed(2)} requests under way on average, at most ${load.connections}, and ${cpuPercent.toFixed(0)} % of a CPU; longer turns cost less (--sliceMs)`,
    );
  }
  // below it lie the ends of turns
  if (share > 1 + littlesLawTolerance || (load.turns === undefined && share < 1 - littlesLawTolerance)) {
    warn(
      'littles-law',
      `throughput × mean latency is ${underWay.toFixed(2)} requests under way, but there were ${load.connections} connections`,
    );
  }
  for (const { guard, message } of trial.violations) warn(`guard-${guard}`, message);
  if (load.durationMs < shortWindowMs) {
    warn(
      'short-window',
      `the window was ${load.durationMs.toFixed(0)} ms; CPU figures want ${shortWindowMs} ms`,
    );
  }
  return found;
}
