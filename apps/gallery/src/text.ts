const longestShown = 40;

/** A value for a message: in quotes, and cut when it is long. */
export function shown(value: string): string {
  const characters = Array.from(value);
  if (characters.length <= longestShown) return JSON.stringify(value);
  return `${JSON.stringify(characters.slice(0, longestShown).join(''))}… (${characters.length} characters)`;
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes for people: three figures at most, in the unit that gives them. */
export function byteSize(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(bytes < 1024 ? 4 : 3))} ${units[power] ?? ''}`;
}

/** The number that a text of decimal digits stands for; undefined when it is anything else, or above `largest`. */
export function wholeNumber(text: string, largest: number): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= largest ? value : undefined;
}
