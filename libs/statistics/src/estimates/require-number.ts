/** @throws RangeError unless the value is strictly between 0 and 1; `what` names the function and the option. */
export function requireRate(value: number, what: string): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${what} is ${value}, expected between 0 and 1`);
}

/** @throws RangeError unless the value is a whole number of at least `least`; `what` names the function and the option. */
export function requireWhole(value: number, least: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${what} is ${value}, expected a whole number of at least ${least}`);
  }
}

/** @throws RangeError unless the value is finite and not negative; `what` names the function and the option. */
export function requireNotNegative(value: number, what: string): void {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${what} is ${value}, expected 0 or more`);
}

/** @throws RangeError unless the value is finite and above 0; `what` names the function and the option. */
export function requirePositive(value: number, what: string): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${what} is ${value}, expected more than 0`);
}
