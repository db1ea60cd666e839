import { requiredKinds, type Availability, type Environment } from '@tare/environment';
import type { DoctorLine } from './doctor-line.ts';

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

/** @param required whether `TARE_REQUIRE` names its kind: then a run fails without it. */
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
