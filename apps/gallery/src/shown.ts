const longestShown = 40;

/** A value for a message: in quotes, and cut when it is long. */
export function shown(value: string): string {
  const characters = Array.from(value);
  if (characters.length <= longestShown) return JSON.stringify(value);
  return `${JSON.stringify(characters.slice(0, longestShown).join(''))}… (${characters.length} characters)`;
}
