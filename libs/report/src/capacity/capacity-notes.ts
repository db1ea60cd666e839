import type { CapacityFile } from '@tare/results';
import { rateText } from './capacity-curves.ts';

/** How the capacities of a file were searched for, in sentences. */
export function capacityNotes(file: CapacityFile): readonly string[] {
  const { slo, windowMs, warmupMs, tolerance, passes } = file.config;
  return [
    `Capacity is the highest arrival rate at which ${slo.text}, measured from the planned time of sending, with almost no errors.`,
    `Each rate was offered for ${windowMs / 1000} s after ${warmupMs / 1000} s of warm-up on a fresh instance: doubled until the objective was missed, then bisected to ${Number((tolerance * 100).toPrecision(3))} %. ${passes === 1 ? 'There was one pass.' : `There were ${passesText(passes)}, each in another random order; the table has what held in all of them.`}`,
    `The load generator by itself meets the objective up to ${rateText(file.generatorRps)} with a server that answers at once.`,
  ];
}

/** "1 pass", "2 passes". */
export function passesText(passes: number): string {
  return `${passes} pass${passes === 1 ? '' : 'es'}`;
}
