import os from 'node:os';
import type { Environment } from '@tare/environment';
import { allowedCpus, findProgram, planCpus } from '@tare/metrics';
import { hostFacts, lockHost, preflight } from '@tare/runner';
import type { DoctorLine } from './doctor-line.ts';
import { examineAccounts } from './examine-accounts.ts';
import { examineClock, examineClocksource } from './examine-clock.ts';
import { examinePinning, examineSiblings } from './examine-cpus.ts';
import { examineDisk } from './examine-disk.ts';
import { examineEnvironments } from './examine-environments.ts';
import { examineMemory } from './examine-memory.ts';
import { examineRest, loadAverageLine } from './examine-rest.ts';
import { hostFiles } from './host-files.ts';
import { measureTimerJitter, timerJitterLine } from './timer-jitter.ts';
import { measureWorkNoise, workNoiseLine } from './work-noise.ts';

const timerJitterMs = 500;

export type HostExamination = {
  readonly environments: readonly Environment[];
  /** What an app may use; 1 CPU and 512 MiB by default. */
  readonly resources?: { readonly cpus: number; readonly memoryMiB: number };
  /** Folder whose disk images and reports go to; the current one by default. */
  readonly workspace?: string;
  readonly signal: AbortSignal;
};

/**
 * Looks at this host as a place to measure: what it offers, and what disturbs it. Takes some five seconds, most of them
 * waiting; changes nothing.
 * @returns a line for each thing looked at.
 * @throws the signal's reason when aborted.
 */
export async function examineHost({
  environments,
  resources = { cpus: 1, memoryMiB: 512 },
  workspace = process.cwd(),
  signal,
}: HostExamination): Promise<readonly DoctorLine[]> {
  const files = hostFiles();
  const allowed = allowedCpus();
  const plan = planCpus(resources.cpus, allowed);
  const taskset = findProgram('taskset') !== undefined;
  const cpupower = findProgram('cpupower') !== undefined;
  return [
    examinePinning({ allowed, serverCpus: resources.cpus, plan, taskset }),
    ...examineSiblings(files, plan),
    ...examineClock(files, cpupower),
    ...examineClocksource(files),
    ...examineMemory(files, resources.memoryMiB),
    ...examineAccounts(files),
    await examineDisk(workspace),
    ...(await examineByMeasuring(plan?.server, signal)),
    ...(await examineEnvironments(environments, signal)),
  ];
}

/** What only a measurement tells. Beside a run it would disturb that, and tell of nothing else. */
async function examineByMeasuring(
  serverCpus: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<readonly DoctorLine[]> {
  const running = runUnderWay();
  if (running !== undefined) return [running];
  const averages = os.loadavg();
  const { virtualised } = await hostFacts();
  const atRest = await preflight({ cpus: serverCpus, signal });
  return [
    ...examineRest(atRest, virtualised),
    loadAverageLine(averages, os.cpus().length),
    timerJitterLine(await measureTimerJitter(timerJitterMs, signal)),
    workNoiseLine(await measureWorkNoise(serverCpus, signal)),
  ];
}

function runUnderWay(): DoctorLine | undefined {
  const doctor = {
    pid: process.pid,
    runId: 'doctor',
    startedAt: new Date().toISOString(),
    folder: process.cwd(),
  };
  try {
    // given back at once: nobody shall have to wait for a look at the host
    lockHost(doctor).release();
    return undefined;
  } catch (error) {
    return {
      level: 'problem',
      subject: 'another run',
      finding: error instanceof Error ? error.message : String(error),
      remedy: 'wait for its end, then ask again: what must be measured was left out',
    };
  }
}
