import type { Meter, MeterReading } from '@tare/metrics';

export type Meters = { readonly net: Meter; readonly gross: Meter };
export type SamplePair = { readonly net: MeterReading; readonly gross: MeterReading };

/** Reads two meters at the begin and at the end of a load window, and at an interval between; and of an idle time before. */
export interface WindowSampler {
  /** At the begin and at the end of the idle time. */
  readonly idle: () => void;
  readonly begin: () => void;
  readonly end: () => void;
  /** @returns the readings in order of time, at least two. @throws Error when a reading failed or one moment was missed. */
  samples(): Promise<readonly SamplePair[]>;
  /** @returns the two readings of the idle time; none where there was no such time. */
  idleReadings(): Promise<readonly SamplePair[]>;
  /** @returns the readings that succeeded so far, for a trial that failed. Never rejects. */
  soFar(): Promise<readonly SamplePair[]>;
}

/** @param intervalMs pause between two readings. */
export function windowSampler({ net, gross }: Meters, intervalMs: number): WindowSampler {
  const ofIdle: Promise<SamplePair>[] = [];
  const readings: Promise<SamplePair>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let moments = 0;
  const take = (list: Promise<SamplePair>[]): void => {
    const ofNet = net.read();
    // where the environment adds nothing both are one meter, and one reading serves for both
    const ofGross = gross === net ? ofNet : gross.read();
    const reading = Promise.all([ofNet, ofGross]).then(([first, second]) => ({
      net: first,
      gross: second,
    }));
    // a failure is told by samples(); until then it must not count as unhandled
    reading.catch(() => undefined);
    list.push(reading);
  };
  return {
    idle: () => {
      take(ofIdle);
    },
    begin: () => {
      moments += 1;
      take(readings);
      timer = setInterval(() => {
        take(readings);
      }, intervalMs);
    },
    end: () => {
      moments += 1;
      clearInterval(timer);
      take(readings);
    },
    samples: async () => {
      clearInterval(timer);
      if (moments !== 2) throw new Error('the load generator did not tell where its window lay');
      return Promise.all(readings);
    },
    idleReadings: () => Promise.all(ofIdle),
    soFar: async () => {
      clearInterval(timer);
      const settled = await Promise.allSettled(readings);
      return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    },
  };
}
