/** The number that a text of decimal digits stands for; undefined when it is anything else, too long or above `largest`. */
export function wholeNumber(text: string, largest: number): number | undefined {
  const digits = String(largest).length;
  if (!/^[0-9]+$/.test(text) || text.length > digits) return undefined;
  const value = Number(text);
  return value <= largest ? value : undefined;
}
