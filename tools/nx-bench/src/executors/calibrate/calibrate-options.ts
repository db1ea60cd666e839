import { calibrationParts, type CalibrationPart } from '@tare/calibration';

/** Options of the executor, as in schema.json. */
export type CalibrateOptions = {
  readonly outputPath?: string;
  readonly minutes?: number | string;
  readonly only?: string;
  readonly seed?: number | string;
  readonly json?: boolean;
};

const defaultMinutes = 15;
const defaultSeed = 1;
const mostMinutes = 24 * 60;
// three seeds are made of each, and of the next ones
const largestSeed = 2 ** 31;

/**
 * Checks the options.
 * @throws Error with one line that names the option, its value and what was expected.
 */
export function readCalibrateOptions({ minutes, only, seed }: CalibrateOptions): {
  readonly minutes: number;
  readonly parts: readonly CalibrationPart[];
  readonly seed: number;
} {
  return {
    minutes: numberOf(
      'minutes',
      minutes ?? defaultMinutes,
      `a number above 0, at most ${mostMinutes}`,
      (value) => {
        return value > 0 && value <= mostMinutes;
      },
    ),
    parts: partsOf(only),
    seed: numberOf('seed', seed ?? defaultSeed, `a whole number from 0 to ${largestSeed}`, (value) => {
      return Number.isInteger(value) && value >= 0 && value <= largestSeed;
    }),
  };
}

function numberOf(
  option: string,
  value: number | string,
  expected: string,
  fits: (value: number) => boolean,
): number {
  const number = /^\d+(\.\d+)?$/.test(String(value).trim()) ? Number(value) : Number.NaN;
  if (!fits(number)) throw new Error(`--${option}=${value}: expected ${expected}`);
  return number;
}

function partsOf(only: string | undefined): readonly CalibrationPart[] {
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
