import type { Meters } from '@tare/environment';
import { hostActivity, processMeter, readHost, sumMeter, type Meter } from '@tare/metrics';
import type { HostActivity } from '@tare/results';

const unknown: HostActivity = { foreignCpus: null, stealPercent: null, throttledMs: null, clockMHz: null };

/** Watches what else a host does while a trial loads an instance. */
interface HostWatch {
  /** To be called with the pid of the load generator as soon as it runs. */
  readonly generator: (pid: number) => void;
  readonly begin: () => void;
  readonly end: () => void;
  /** @returns the activity between begin and end; all null where this host does not report it. */
  activity(): Promise<HostActivity>;
  /** Frees what it reads with. */
  close(): Promise<void>;
}

/**
 * @param instances the meters of all that are loaded together. Where one of this host has no gross meter, nobody knows what
 *   others use of its CPUs.
 * @param serverCpus whose clock is read; undefined for all.
 */
export function watchHost(
  instances: readonly Meters[],
  serverCpus: readonly number[] | undefined,
): HostWatch {
  const gross = instances.flatMap((meters) => meters.gross ?? []);
  const together = gross.length === 0 ? undefined : sumMeter('all that are loaded together', gross);
  const isAllKnown = instances.every(
    (meters) => meters.gross !== undefined || (meters.notMetered !== undefined && meters.elsewhere === true),
  );
  let generator: Meter | undefined;
  const moments: ReturnType<typeof read>[] = [];
  const read = async () => {
    const host = readHost(serverCpus);
    const runner = process.cpuUsage();
    const [instance, load] = await Promise.all([together?.read(), generator?.read()]);
    const runnerNs = BigInt(runner.user + runner.system) * 1000n;
    return { host, instance, ownCpuNs: (instance?.cpuNs ?? 0n) + (load?.cpuNs ?? 0n) + runnerNs };
  };
  const take = (): void => {
    const moment = read();
    // activity() reports a failure; until then it must not count as unhandled
    moment.catch(() => undefined);
    moments.push(moment);
  };
  return {
    generator: (pid) => {
      generator = processMeter({ scope: 'the load generator', pids: () => [pid] });
    },
    begin: take,
    end: take,
    activity: async () => {
      const [begin, end] = await Promise.all(moments);
      if (!begin?.host || !end?.host) return unknown;
      const activity = hostActivity(begin.host, end.host, { ownCpuNs: end.ownCpuNs - begin.ownCpuNs });
      const [before, after] = [begin.instance?.throttledNs, end.instance?.throttledNs];
      return {
        ...activity,
        foreignCpus: isAllKnown ? activity.foreignCpus : null,
        clockMHz: activity.clockMHz && [activity.clockMHz[0], activity.clockMHz[1]],
        throttledMs: before === undefined || after === undefined ? null : Number(after - before) / 1e6,
      };
    },
    close: async () => generator?.close(),
  };
}
