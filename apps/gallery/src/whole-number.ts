/** The number that a text of decimal digits stands for; undefined when it is anything else, or above `largest`. */
export function wholeNumber(text: string, largest: number): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= largest ? value : undefined;
}
