const significantDigits = 3;
/** Smaller figures are 0 but for rounding. */
const negligible = 1e-9;

/** @returns a figure with three significant digits, digits before the point never rounded away: "0.123", "12.3", "1234". */
export function figureText(value: number): string {
  if (Math.abs(value) < negligible) return '0';
  if (!Number.isFinite(value)) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(Math.max(significantDigits - 1 - exponent, 0), 9));
}

/** @returns the same with its sign: "+0.123", "−12.3". */
export function signedText(value: number): string {
  return `${value < 0 ? '−' : '+'}${figureText(Math.abs(value))}`;
}
