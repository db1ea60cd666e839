import { nameProcesses, type Preflight } from '@tare/runner';
import type { DoctorLine } from './doctor-line.ts';

/** What the host did at rest, as lines. Pure. */
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

// more tasks than half the CPUs want to run: the last minute was not one of rest
const restfulLoadShare = 0.5;

/** The load average: what the last minutes were like. Pure. */
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
