/**
 * Guards the entry of every estimate.
 * @param estimate name of the estimate, for the message.
 * @throws RangeError when there are fewer values than the estimate needs, or one is NaN or infinite; names the value and its place.
 */
export function requireSample(values: readonly number[], estimate: string, atLeast = 1): void {
  if (values.length < atLeast) {
    throw new RangeError(`${estimate}: needs at least ${count(atLeast, 'value')}, got ${values.length}`);
  }
  const place = values.findIndex((value) => !Number.isFinite(value));
  if (place !== -1)
    throw new RangeError(`${estimate}: value ${place} is ${values[place]}, expected a finite number`);
}

function count(n: number, thing: string): string {
  return n === 1 ? `${n} ${thing}` : `${n} ${thing}s`;
}
