import { parseCpuList, type CpuPlan } from '@tare/metrics';
import type { DoctorLine } from './doctor-line.ts';
import type { HostFiles } from './host-files.ts';
import { asRoot, writingCommand } from './mending-command.ts';

export type CpusToExamine = {
  /** CPUs that this process may run on; undefined where the system does not tell. */
  readonly allowed: readonly number[] | undefined;
  /** CPUs that a server shall have. */
  readonly serverCpus: number;
  readonly plan: CpuPlan;
  readonly taskset: boolean;
};

/** Whether server and load generator get CPUs of their own. Pure. */
export function examinePinning({ allowed, serverCpus, plan, taskset }: CpusToExamine): DoctorLine {
  const subject = 'CPUs';
  if (plan !== undefined) {
    const finding = `${plan.server.length + plan.generator.length}: the server gets ${listed(plan.server)}, the load generator ${listed(plan.generator)}`;
    return { level: 'good', subject, finding };
  }
  const shared = 'server and load generator share the CPUs and take time from each other';
  if (allowed === undefined) {
    return {
      level: 'warning',
      subject,
      finding: `this system does not pin processes: ${shared}`,
      remedy: 'run on Linux',
    };
  }
  if (!taskset) {
    const remedy = asRoot('apt-get install -y util-linux');
    return { level: 'warning', subject, finding: `taskset is not on PATH: ${shared}`, remedy };
  }
  return {
    level: 'warning',
    subject,
    finding: `${allowed.length} for a server that gets ${serverCpus} and a load generator: ${shared}`,
    remedy: `give this machine ${serverCpus + 1} CPUs or more`,
  };
}

/** Whether hardware threads share a core with the server's CPUs; no line where nothing is pinned. */
export function examineSiblings(files: HostFiles, plan: CpuPlan): readonly DoctorLine[] {
  if (plan === undefined) return [];
  const subject = 'hardware threads';
  const siblings = new Set<number>();
  for (const cpu of plan.server) {
    const text = files.text(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`);
    if (text === undefined) {
      return [{ level: 'warning', subject, finding: 'this host does not tell which CPUs share a core' }];
    }
    for (const sibling of parseCpuList(text)) if (!plan.server.includes(sibling)) siblings.add(sibling);
  }
  if (siblings.size === 0) {
    return [{ level: 'good', subject, finding: 'no other CPU shares a core with the server’s' }];
  }
  const generator = plan.generator.some((cpu) => siblings.has(cpu)) ? ', where the load generator runs' : '';
  return [
    {
      level: 'warning',
      subject,
      finding: `the server’s core is shared with ${listed([...siblings])}${generator}: work there slows the server`,
      remedy: writingCommand('off', '/sys/devices/system/cpu/smt/control'),
    },
  ];
}

function listed(cpus: readonly number[]): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpus.join(', ')}`;
}
