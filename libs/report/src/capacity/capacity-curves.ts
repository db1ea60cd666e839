import { isEmulated, type Capacity, type CapacityFile, type CapacityStep } from '@tare/results';

/** One step as a point of a curve. */
export type CapacityPoint = {
  readonly rateRps: number;
  /** At the quantile of the objective. */
  readonly latencyMs: number;
  readonly meets: boolean;
  readonly outcome: CapacityStep['outcome'];
  readonly pass: number;
};

/** Latency against offered load in one environment. */
export type EnvironmentCurve = {
  readonly name: string;
  /** The name with what must be known beside it: "vagrant (emulated)". */
  readonly title: string;
  readonly emulated: boolean;
  /** In the order of the rates. */
  readonly steps: readonly CapacityPoint[];
  /** "640 req/s", "at least 900 req/s: the generator is the limit". */
  readonly capacityText: string;
};

/** What a search found about a workload. */
export type WorkloadCurves = {
  readonly workload: string;
  /** The objective: "p99 ≤ 50 ms". */
  readonly limitText: string;
  readonly limitMs: number;
  readonly environments: readonly EnvironmentCurve[];
};

/** The curves of a capacity file, one set per workload that has steps, environments in the order of the file. */
export function capacityCurves(file: CapacityFile): readonly WorkloadCurves[] {
  return file.config.workloads.flatMap(({ name: workload }) => {
    const environments = file.environments.flatMap((environment): EnvironmentCurve[] => {
      const { name } = environment;
      const own = file.steps.filter((step) => step.workload === workload && step.environment === name);
      if (own.length === 0) return [];
      const emulated = isEmulated(environment);
      const marks = [
        ...(emulated ? ['emulated'] : []),
        ...(environment.status === 'measured' ? [] : [environment.status]),
      ];
      const capacity = file.capacities.find(
        (each) => each.workload === workload && each.environment === name,
      );
      return [
        {
          name,
          title: marks.length === 0 ? name : `${name} (${marks.join(', ')})`,
          emulated,
          steps: own.map(pointOf).sort((one, other) => one.rateRps - other.rateRps),
          capacityText: capacity === undefined ? 'not found' : capacityText(capacity),
        },
      ];
    });
    const { text: limitText, limitMs } = file.config.slo;
    return environments.length === 0 ? [] : [{ workload, limitText, limitMs, environments }];
  });
}

/** "640 req/s", "below 12.5 req/s", "at least 900 req/s: the generator is the limit". */
export function capacityText({ highestRps, lowestMissRps, limit }: Capacity): string {
  if (highestRps === null) {
    return lowestMissRps === null
      ? 'unknown: the generator is the limit'
      : `below ${rateText(lowestMissRps)}`;
  }
  switch (limit) {
    case 'slo':
      return rateText(highestRps);
    case 'generator':
      return `at least ${rateText(highestRps)}: the generator is the limit`;
    case 'maximum':
      return `at least ${rateText(highestRps)}: no more was asked for`;
    case 'steps':
      return `at least ${rateText(highestRps)}: the search was not finished`;
  }
}

/** "282.8 req/s": four digits, as the rates of a search have. */
export function rateText(rateRps: number): string {
  return `${Number(rateRps.toPrecision(4))} req/s`;
}

function pointOf({ rateRps, sloLatencyMs, outcome, pass }: CapacityStep): CapacityPoint {
  return { rateRps, latencyMs: sloLatencyMs, meets: outcome === 'meets', outcome, pass };
}
