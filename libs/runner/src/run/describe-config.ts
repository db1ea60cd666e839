import { readFile } from 'node:fs/promises';
import os from 'node:os';
import type { RunContext } from '@tare/environment';
import type { HostFacts, RunConfig } from '@tare/results';
import { healthPathOf, type WeightedRequest } from '../config/workload.ts';
import type { PreparedConfig } from '../trial/trial.ts';

const shownRequests = 4;
const shownOfPath = 40;
const msPerSecond = 1000;

/** The configuration as it goes into the run file: plain data, the requests spelled out. */
export function describeConfig(
  config: PreparedConfig,
  context: RunContext,
  generatorCpus: readonly number[] | undefined,
  control: string | undefined,
  requests: ReadonlyMap<string, readonly WeightedRequest[]>,
): RunConfig {
  const { window, sliceMs } = config.load;
  return {
    workloads: config.workloads.map((workload) => {
      const mix = requests.get(workload.name) ?? [];
      return {
        name: workload.name,
        healthPath: healthPathOf(workload, mix) ?? 'tcp',
        requestPath: requestsText(mix),
        parameters: { ...workload.parameters },
      };
    }),
    environments: config.environments.map(({ name }) => name),
    baseline: config.baseline,
    control: control ?? null,
    rounds: config.rounds.kind === 'fixed' ? config.rounds.rounds : config.rounds.max,
    budgetMs: config.rounds.kind === 'fixed' || config.rounds.until === 'rounds' ? null : config.budgetMs,
    retries: config.retries,
    options: { ...config.options, warmup: config.load.warmupMs / msPerSecond },
    load: {
      connections: config.load.connections,
      warmupMs: config.load.warmupMs,
      durationMs: window.kind === 'duration' ? window.durationMs : null,
      requests: window.kind === 'requests' ? window.requests : null,
      openDurationMs: config.load.open?.durationMs ?? null,
      ...(sliceMs !== undefined && window.kind === 'duration' && { sliceMs }),
    },
    guards: { ...config.guards },
    resources: {
      cpus: config.resources.cpus,
      memoryMiB: config.resources.memoryMiB,
      serverCpus: context.resources.serverCpus === undefined ? null : [...context.resources.serverCpus],
      generatorCpus: generatorCpus === undefined ? null : [...generatorCpus],
      nodeArguments: [...context.resources.nodeArguments],
    },
  };
}

/** @returns the path of a request, or the methods and paths of a mix with their shares. */
function requestsText(requests: readonly WeightedRequest[]): string {
  const [first] = requests;
  if (requests.length === 1 && first !== undefined) {
    const { method = 'GET', path } = first;
    return method === 'GET' ? path : `${method} ${path}`;
  }
  const shown = requests
    .slice(0, shownRequests)
    .map(({ method = 'GET', path, weight = 1 }) => `${weight} × ${method} ${shortened(path)}`);
  const more = requests.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function shortened(path: string): string {
  return path.length <= shownOfPath ? path : `${path.slice(0, shownOfPath - 1)}…`;
}

/** @returns what is known of this host, for the run file. */
export async function hostFacts(): Promise<HostFacts> {
  const cpus = os.cpus();
  return {
    cpuModel: cpus[0]?.model.trim() ?? 'unknown',
    // all of them, not just those that the runner has been pinned to
    cores: cpus.length,
    memoryMiB: Math.round(os.totalmem() / 1024 / 1024),
    kernel: `${os.type()} ${os.release()}`,
    os: await distribution(),
    virtualised: await hypervisor(),
    node: process.version,
  };
}

async function distribution(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? `${os.type()} ${os.release()}`;
}

async function hypervisor(): Promise<string> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => undefined);
  if (cpuinfo === undefined) return 'unknown';
  if (!/^flags\s*:.*\bhypervisor\b/m.test(cpuinfo)) return cpuinfo.includes('flags') ? 'none' : 'unknown';
  const vendor = await readFile('/sys/class/dmi/id/sys_vendor', 'utf8').catch(() => '');
  const type = await readFile('/sys/hypervisor/type', 'utf8').catch(() => '');
  return vendor.trim() || type.trim() || 'yes';
}
