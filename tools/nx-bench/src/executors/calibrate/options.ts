import { calibrationParts, type CalibrationPart } from '@tare/checks';
import { number, optionTable, text, whole } from '@tare/options';
import { json, outputPath } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Calibrate',
    description:
      'Checks load generator, meters, startup timing and verdicts of this host against truths that are known beforehand, and writes calibration/<host>.json and calibration.md. Fails when a check of latency, cpu, memory, startup or aa fails.',
  },
  {
    minutes: number({
      min: 0.01,
      max: 24 * 60,
      unit: 'minutes',
      description:
        'How long it may take in all. Checks against known truths and simulations take about two minutes; real comparisons get the rest, about 40 seconds each.',
    }).default(15),
    only: text({
      what: `some of ${calibrationParts.join(', ')}`,
      description:
        'Parts to make, separated by commas: latency, cpu, memory, startup, aa (comparisons of equals), ab (comparisons with what is slower).',
      otherwise: 'all',
    }).optional(),
    seed: whole({
      min: 0,
      // three seeds are made of each, and of the next ones
      max: 2 ** 31,
      description:
        'Seed of the simulations and of the orders of the real rounds. The same seed gives the same simulations.',
    }).default(1),
    outputPath: outputPath('calibration/ and the journals in runs/'),
    json: json('Print the calibration as JSON; progress then goes to stderr.'),
  },
);

/**
 * The parts that are named; all without a name.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function partsOf(only?: string): readonly CalibrationPart[] {
  if (only === undefined) return calibrationParts;
  const wanted = only
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  const unknown = wanted.find((part) => !calibrationParts.some((known) => known === part));
  if (unknown !== undefined || wanted.length === 0) {
    throw new Error(`--only=${only}: expected some of ${calibrationParts.join(', ')}`);
  }
  return calibrationParts.filter((part) => wanted.includes(part));
}
