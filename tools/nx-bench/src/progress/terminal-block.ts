/** Where progress is written: a terminal, or a stream of plain lines. */
export type Output = {
  readonly isTTY?: boolean;
  /** Width and height of the terminal in characters. */
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
};

/** Replaces the block with these lines (none to erase it), after printing a line that stays above it. */
type TerminalBlock = (lines: readonly string[], above?: string) => void;

const usualColumns = 80;
const usualRows = 24;

/**
 * Lines at the end of a terminal's output that are redrawn in place. They are made to fit: each is cut at the
 * width of the terminal, and the first ones are dropped if it is not high enough. The cursor is never hidden
 * and rests below the block, so that nothing has to be put right when the program is killed. Every change is
 * one write. Lines of the block are plain text whose characters are one column wide each.
 */
export function terminalBlock(output: Output): TerminalBlock {
  let drawn: readonly string[] = [];
  return (lines, above) => {
    const columns = sizeOr(usualColumns, output.columns);
    const rows = sizeOr(usualRows, output.rows);
    const before = eraseText(drawn, columns);
    drawn = lines.slice(-Math.max(1, rows - 1)).map((line) => cut(line, columns - 1));
    const said = above === undefined ? [] : [above];
    const text = before + [...said, ...drawn].map((line) => `${line}\n`).join('');
    if (text !== '') output.write(text);
  };
}

/** Some terminals report a width of 0. */
function sizeOr(usual: number, size: number | undefined): number {
  return size === undefined || size < 1 ? usual : size;
}

function eraseText(drawn: readonly string[], columns: number): string {
  // a terminal that was made narrower since has wrapped the lines
  const height = drawn.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
  return height === 0 ? '' : `\r\u001b[${height}A\u001b[0J`;
}

function cut(line: string, width: number): string {
  if (line.length <= width) return line;
  return width < 1 ? '' : `${line.slice(0, width - 1)}…`;
}
