import { join } from 'node:path';
import { allowedCpus, pinRunning, planCpus, type CpuPlan } from '@tare/metrics';
import { hostFingerprint, type HostFacts } from '@tare/results';
import { defaultSizes, type CalibrationSizes } from './calibration-sizes.ts';
import { made } from './check/check-items.ts';
import { checkRealAA, checkRealAB } from './comparisons/check-real.ts';
import { countShares } from './comparisons/count-shares.ts';
import { realRuns } from './comparisons/real-runs.ts';
import { spreadsOf } from './comparisons/spreads.ts';
import { checkCpu } from './cpu/check-cpu.ts';
import { checkLatency } from './latency/check-latency.ts';
import { checkMemory } from './memory/check-memory.ts';
import {
  calibrationSchemaVersion,
  type Calibration,
  type CalibrationPart,
  type Check,
  type Share,
} from './result/calibration-file.ts';
import { journalCalibration } from './result/calibration-journal.ts';
import { checkSimulatedAA, checkSimulatedAB, type Simulated } from './simulation/check-simulated.ts';
import { checkStartup } from './startup/check-startup.ts';

export type CalibrationOptions = {
  readonly parts: readonly CalibrationPart[];
  /** How long it may take in all; the real comparisons get what the others leave. */
  readonly minutes: number;
  readonly seed: number;
  readonly host: HostFacts;
  /** The journal goes to a folder of the calibration's id in here. */
  readonly runsFolder: string;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
  readonly sizes?: CalibrationSizes;
};

/** Rounds of the runs that the power is told for: those of a comparison here, and the most of a default run. */
const powerRounds = [12, 30] as const;
const serverCpus = 1;

/**
 * Checks load generator, meters, startup timing and verdicts of this host against truths that are known beforehand. A check
 * that breaks counts as failed and says why; the others go on.
 * @throws the signal's reason when aborted; nothing is left running.
 */
export async function calibrate(options: CalibrationOptions): Promise<Calibration> {
  const { parts, minutes, seed, host, onProgress, signal, sizes = defaultSizes } = options;
  const startedAt = new Date();
  const endsAt = performance.now() + minutes * 60_000;
  const id = calibrationId(startedAt);
  const folder = join(options.runsFolder, id);
  const checks: Check[] = [];
  const shares: Share[] = [];
  const add = async (check: Check): Promise<void> => {
    checks.push(check);
    await journalCalibration(folder, { kind: 'check', check });
    onProgress(checkLine(check));
  };

  await withRunnerAside(async (cpus) => {
    const server = cpus?.server;
    for (const [part, title, work] of knownTruths({ sizes, seed, signal, cpus, server })) {
      if (parts.includes(part)) await add(await orFailed(part, title, work, signal));
    }
  });

  const simulation = { runs: sizes.simulatedRuns, pilotRuns: sizes.simulatedPilotRuns, seed, signal };
  const addSimulated = async (simulated: Simulated): Promise<void> => {
    shares.push(...simulated.shares);
    await add(simulated.check);
  };
  if (parts.includes('aa')) await addSimulated(await checkSimulatedAA(simulation));
  if (parts.includes('ab')) await addSimulated(await checkSimulatedAB(simulation, sizes.slowdownPercents));

  const real = { aa: parts.includes('aa'), ab: parts.includes('ab') };
  const { runs, end } = await realRuns({
    parts: real,
    sizes: sizes.comparison,
    slowdownPercents: sizes.slowdownPercents,
    seed,
    runsFolder: folder,
    endsAt,
    minutes,
    keep: (run) => journalCalibration(folder, { kind: 'run', run }),
    onProgress,
    signal,
  });
  const realShares = countShares(runs);
  shares.push(...realShares);
  if (real.aa) await add(checkRealAA(runs, realShares, end));
  if (real.ab) await add(checkRealAB(runs, realShares, end));

  return {
    schema: calibrationSchemaVersion,
    id,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    seed,
    minutes,
    host,
    hostFingerprint: hostFingerprint(host),
    checks,
    shares,
    spreads: [...spreadsOf(runs, powerRounds)],
  };
}

type KnownTruths = {
  readonly sizes: CalibrationSizes;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly cpus: CpuPlan;
  readonly server: readonly number[] | undefined;
};

function knownTruths({
  sizes,
  seed,
  signal,
  cpus,
  server,
}: KnownTruths): readonly (readonly [CalibrationPart, string, () => Promise<Check>])[] {
  const { latencyWindowMs, latencyRepetitions, stalls, dutyPercents, cpuWindowMs, allocationsMiB, delaysMs } =
    sizes;
  const placed = { cpus: server, signal };
  return [
    [
      'latency',
      'Latency',
      () =>
        checkLatency({
          windowMs: latencyWindowMs,
          repetitions: latencyRepetitions,
          stalls,
          cpus,
          seed,
          signal,
        }),
    ],
    ['cpu', 'CPU time', () => checkCpu({ ...placed, dutyPercents, windowMs: cpuWindowMs })],
    ['memory', 'Memory', () => checkMemory({ ...placed, allocationsMiB })],
    [
      'startup',
      'Startup',
      () => checkStartup({ ...placed, delaysMs, repetitions: sizes.startupRepetitions }),
    ],
  ];
}

async function orFailed(
  part: CalibrationPart,
  title: string,
  work: () => Promise<Check>,
  signal: AbortSignal,
): Promise<Check> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    return made(
      { id: part, part, title, unit: '' },
      [],
      [error instanceof Error ? error.message : String(error)],
    );
  }
}

/** Keeps this process off the server's CPUs meanwhile; a run does so itself, and must find the CPUs as they were. */
async function withRunnerAside(work: (cpus: CpuPlan) => Promise<void>): Promise<void> {
  const before = allowedCpus();
  const cpus = planCpus(serverCpus, before);
  if (cpus !== undefined) pinRunning(process.pid, cpus.generator);
  try {
    await work(cpus);
  } finally {
    if (cpus !== undefined && before !== undefined) pinRunning(process.pid, before);
  }
}

function calibrationId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return `${stamp}-calibration`;
}

/** @returns a check in one line: its sign, its title, how many of its judged figures passed. */
export function checkLine(check: Check): string {
  if (check.status === 'not-made') return `– ${check.title}: not made: ${check.reason}`;
  const judged = check.items.filter(({ passed }) => passed !== null);
  const passed = judged.filter((item) => item.passed === true).length;
  const figures =
    judged.length === 0
      ? check.passed
        ? 'nothing judged'
        : check.notes.join(' ')
      : `${passed} of ${judged.length} figures within their limits`;
  return `${check.passed ? '✓' : '✗'} ${check.title}: ${figures}`;
}
