/**
 * Text broken at spaces into lines of at most so many characters; a longer word stands alone and sticks out. Lines after the
 * first are indented by two spaces more.
 */
export function wrapped(text: string, columns: number, indent = '  '): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const isStart = line.trim() === '';
    if (!isStart && [...line].length + 1 + [...word].length > columns) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line += isStart ? word : ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
