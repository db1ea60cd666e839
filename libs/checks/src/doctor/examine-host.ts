import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { requiredKinds, type Availability, type Environment } from '@tare/environment';
import { allowedCpus, findProgram, planCpus } from '@tare/metrics';
import { hostFacts, lockHost, nameProcesses, preflight, type Preflight } from '@tare/runner';
import type { DoctorLine } from './doctor-line.ts';
import {
  examineAccounts,
  examineClock,
  examineClocksource,
  examineMemory,
  examinePinning,
  examineSiblings,
  hostFiles,
} from './examine-files.ts';
import { measureTimerJitter, measureWorkNoise, timerJitterLine, workNoiseLine } from './noise.ts';

const timerJitterMs = 500;

export type HostExamination = {
  readonly environments: readonly Environment[];
  /** The limits of an app; 1 CPU and 512 MiB by default. */
  readonly resources?: { readonly cpus: number; readonly memoryMiB: number };
  /** Folder on the disk that takes images and reports; the current one by default. */
  readonly workspace?: string;
  readonly signal: AbortSignal;
};

/**
 * Examines this host as a place to measure: what it offers, and what disturbs a measurement. Takes five to nine seconds,
 * mostly waiting, and changes nothing.
 * @returns a line for each fact.
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

/** What only a measurement shows. It is skipped while a run measures: it would disturb the run and see little else. */
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
    // release the lock at once, so that no run waits for the doctor
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

/** The activity of the host at rest, as lines. Pure. */
export function examineRest(
  { foreignCpus, stealPercent, busiest, durationMs, findings }: Preflight,
  virtualised: string,
): readonly DoctorLine[] {
  const found = (code: string) => findings.find((each) => each.code === code);
  const unknown = found('host-unknown');
  if (unknown !== undefined || foreignCpus === null || stealPercent === null) {
    const { message = 'this host does not tell how busy its CPUs are', remedy } = unknown ?? {};
    return [warning('other processes', message, remedy)];
  }
  const [busy, stolen] = [found('busy-host'), found('steal')];
  const who = busiest.length === 0 ? '' : ` (${nameProcesses(busiest, foreignCpus)})`;
  const seconds = (durationMs / 1000).toFixed(1);
  return [
    busy === undefined
      ? good('other processes', `${foreignCpus.toFixed(2)} CPUs in ${seconds} s${who}`)
      : warning('other processes', busy.message, busy.remedy),
    stolen === undefined
      ? good('steal', `${stealPercent.toFixed(1)} % of the CPUs’ time in ${seconds} s`)
      : warning('steal', stolen.message, stolen.remedy),
    virtualised === 'none'
      ? good('machine', 'not virtual')
      : warning(
          'machine',
          virtualised === 'unknown'
            ? 'this host does not tell whether it is virtual'
            : `virtual${virtualised === 'yes' ? '' : ` (${virtualised})`}: of what its neighbours do only steal is in sight`,
          'for figures to publish, a machine of its own',
        ),
  ];
}

// above this share of the CPUs the host was busy during the last minute
const restfulLoadShare = 0.5;

/** How busy the last minutes were, by the load average. Pure. */
export function loadAverageLine(averages: readonly number[], cpus: number): DoctorLine {
  const finding = `${averages.map((each) => each.toFixed(2)).join(', ')} over 1, 5 and 15 minutes`;
  return (averages[0] ?? 0) <= restfulLoadShare * cpus
    ? good('load average', finding)
    : warning('load average', `${finding}: the last minute was busy`, 'wait until it has gone down: uptime');
}

function good(subject: string, finding: string): DoctorLine {
  return { level: 'good', subject, finding };
}

function warning(subject: string, finding: string, remedy: string | undefined): DoctorLine {
  return { level: 'warning', subject, finding, ...(remedy !== undefined && { remedy }) };
}

const bytesPerMiB = 1024 * 1024;
// an image and a box take some hundred MiB each, plus copies while they are built
const comfortableMiB = 4096;
// enough for the journal of a run alone
const leastMiB = 64;

/** Whether the disk of a folder has room for images, boxes and reports. */
async function examineDisk(folder: string): Promise<DoctorLine> {
  const { bavail, bsize } = await statfs(folder);
  return diskLine((bavail * bsize) / bytesPerMiB, folder);
}

/** The line about free disk space. Pure. */
export function diskLine(freeMiB: number, folder: string): DoctorLine {
  const finding = `${(freeMiB / 1024).toFixed(1)} GiB are free`;
  if (freeMiB >= comfortableMiB) return { level: 'good', subject: 'disk', finding };
  return {
    level: freeMiB < leastMiB ? 'problem' : 'warning',
    subject: 'disk',
    finding: `${finding}: images, boxes and reports want ${comfortableMiB / 1024} GiB`,
    remedy: `free some; to see what is large: du -xhd1 ${folder} | sort -h`,
  };
}

const fewestToCompare = 2;

/** Asks every environment whether this host can run it. */
export async function examineEnvironments(
  environments: readonly Environment[],
  signal: AbortSignal,
): Promise<readonly DoctorLine[]> {
  const required = requiredKinds();
  const lines: DoctorLine[] = [];
  for (const environment of environments) {
    signal.throwIfAborted();
    const availability = await environment.probe(signal);
    lines.push(environmentLine(environment, availability, required.has(environment.kind)));
  }
  signal.throwIfAborted();
  const usable = lines.filter(({ level }) => level === 'good').length;
  if (usable >= fewestToCompare) return lines;
  return [
    ...lines,
    {
      level: usable === 0 ? 'problem' : 'warning',
      subject: 'environments',
      finding:
        usable === 0
          ? 'none is usable here: nothing can be measured'
          : 'only one is usable here: there is nothing to compare it with',
      remedy: 'mend one of them, or add namespace(), which needs no daemon, to the configuration',
    },
  ];
}

/** @param required whether `TARE_REQUIRE` names its kind: a run then fails without it. */
function environmentLine(
  { name, kind }: Environment,
  availability: Availability,
  required: boolean,
): DoctorLine {
  const subject = `environment ${name}`;
  if (availability.usable) {
    const facts = Object.entries(availability.facts).map(([fact, value]) => `${fact}: ${value}`);
    return { level: 'good', subject, finding: ['usable', ...facts].join(', ') };
  }
  const finding = `not usable: ${availability.reason}${required ? `; TARE_REQUIRE names ${kind}` : ''}`;
  return { level: required ? 'problem' : 'warning', subject, finding, remedy: availability.remedy };
}
