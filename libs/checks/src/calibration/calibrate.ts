import { join } from 'node:path';
import { allowedCpus, pinRunning, planCpus, type CpuPlan } from '@tare/metrics';
import { hostFingerprint, type HostFacts } from '@tare/results';
import {
  calibrationSchemaVersion,
  type Calibration,
  type CalibrationPart,
  type Check,
  type Power,
  type Share,
} from '@tare/results/calibration';
import { counted } from '@tare/statistics';
import { made } from './check-items.ts';
import { checkLatency } from './check-latency.ts';
import { checkPower, type PowerSizes } from './check-power.ts';
import { checkCpu, checkMemory, checkStartup } from './check-processes.ts';
import { checkRealAA, checkRealAB, countShares, spreadsOf } from './check-real.ts';
import { checkSimulatedAA, checkSimulatedAB, type Simulated } from './check-simulated.ts';
import { realRuns, type ComparisonSizes } from './real-runs.ts';
import { journalCalibration } from './write-calibration.ts';

export type CalibrationOptions = {
  readonly parts: readonly CalibrationPart[];
  /** Time budget in all; the real comparisons get what the other parts leave. */
  readonly minutes: number;
  readonly seed: number;
  readonly host: HostFacts;
  /** Parent of the journal's folder, which has the calibration's id as its name. */
  readonly runsFolder: string;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
  readonly sizes?: CalibrationSizes;
};

/** The power is computed for these numbers of rounds: those of a comparison here, and the maximum of a default run. */
const powerRounds = [12, 30] as const;
const serverCpus = 1;

/**
 * Checks load generator, meters, startup timing and verdicts of this host against truths that are known beforehand. A check
 * that throws counts as failed and gives its reason; the others go on.
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

  const simulation = { runs: sizes.simulatedRuns, seed, signal };
  const addSimulated = async (simulated: Simulated): Promise<void> => {
    shares.push(...simulated.shares);
    await add(simulated.check);
  };
  if (parts.includes('aa')) await addSimulated(await checkSimulatedAA(simulation));
  if (parts.includes('ab')) await addSimulated(await checkSimulatedAB(simulation, sizes.slowdownPercents));

  let power: Power | undefined;
  if (parts.includes('power')) {
    const work = async (): Promise<Check> => {
      const own = { sizes: sizes.power, seed, runsFolder: folder, endsAt, minutes, onProgress, signal };
      const measured = await checkPower(own);
      power = measured.power;
      return measured.check;
    };
    await add(await orFailed('power', 'Minutes until a run tells', work, signal));
  }

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
    ...(power !== undefined && { power }),
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

/** Keeps this process off the server's CPUs during the work, then restores them: a run pins itself and must find all CPUs. */
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

/** @returns a check in one line: its sign, its title, and how many of its judged figures passed. */
function checkLine(check: Check): string {
  if (check.status === 'not-made') return `– ${check.title}: not made: ${check.reason}`;
  const judged = check.items.filter(({ passed }) => passed !== null);
  const passed = judged.filter((item) => item.passed === true).length;
  const figures =
    judged.length === 0
      ? check.passed
        ? 'nothing judged'
        : check.notes.join(' ')
      : `${passed} of ${counted(judged.length, 'figure')} within their limits`;
  return `${check.passed ? '✓' : '✗'} ${check.title}: ${figures}`;
}

/** The size of each part of a calibration. */
type CalibrationSizes = {
  readonly latencyWindowMs: number;
  readonly latencyRepetitions: number;
  /** Whole number of stalls of the stalling server in a window. */
  readonly stalls: number;
  readonly dutyPercents: readonly number[];
  readonly cpuWindowMs: number;
  readonly allocationsMiB: readonly number[];
  readonly delaysMs: readonly number[];
  readonly startupRepetitions: number;
  readonly simulatedRuns: number;
  readonly slowdownPercents: readonly number[];
  readonly comparison: ComparisonSizes;
  readonly power: PowerSizes;
};

/** Without the real comparisons, which use the rest of the budget, these take less than two minutes. */
export const defaultSizes: CalibrationSizes = {
  latencyWindowMs: 3000,
  latencyRepetitions: 3,
  stalls: 3,
  dutyPercents: [30, 60, 90],
  cpuWindowMs: 4000,
  allocationsMiB: [64, 256],
  delaysMs: [0, 50, 200],
  startupRepetitions: 15,
  simulatedRuns: 2000,
  slowdownPercents: [2, 5, 10],
  comparison: { rounds: 12, warmupMs: 300, windowMs: 700 },
  power: { rounds: 20, mostRounds: 30, resamples: 500, leastMs: 120_000, run: {} },
};
