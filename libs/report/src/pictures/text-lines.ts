/** The width of a character as a share of the size of its font: that of a wide sans-serif, as the reader's is not known. */
const characterShare = 0.6;

/** How many characters of a size fit into a width. */
export function fittingCharacters(widthPx: number, fontPx: number): number {
  return Math.floor(widthPx / (fontPx * characterShare));
}

/** A text of at most so many characters; a longer one ends in "…". */
export function shortened(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, Math.max(0, characters - 1)).join('')}…`;
}

/** A text as at most so many lines of at most so many characters, broken at spaces; what does not fit ends in "…". */
export function textLines(text: string, characters: number, mostLines: number): readonly string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (rest !== '' && lines.length < mostLines - 1 && [...rest].length > characters) {
    const end = rest.lastIndexOf(' ', characters);
    if (end <= 0) break;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return rest === '' ? lines : [...lines, shortened(rest, characters)];
}
