import { expect, it } from 'vitest';
import { terminalBlock } from './terminal-block.ts';

/** What a terminal shows: text, line ends, the cursor up, and the rest of the screen erased. Lines wrap at its width. */
function screen(columns: number, rows = 24) {
  let lines = [''];
  let [row, column] = [0, 0];
  const put = (character: string): void => {
    if (column === terminal.columns) [row, column] = [row + 1, 0];
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column++;
  };
  const terminal = {
    isTTY: true,
    columns,
    rows,
    write: (text: string) => {
      // eslint-disable-next-line no-control-regex
      for (const [part, up] of text.matchAll(/\u001b\[(\d+)A|\u001b\[0J|[^\u001b]/g)) {
        if (up !== undefined) row = Math.max(0, row - Number(up));
        else if (part === '\r') column = 0;
        else if (part === '\n') [row, column] = [row + 1, 0];
        else if (part.startsWith('\u001b')) {
          lines = [...lines.slice(0, row), (lines[row] ?? '').slice(0, column)];
        } else put(part);
      }
    },
  };
  /** Lines that are wider than the new width are broken, as terminals do. */
  const narrow = (to: number): void => {
    const broken = lines.slice(0, row).map((line) => line.match(new RegExp(`.{1,${to}}`, 'g')) ?? ['']);
    lines = broken.flat();
    row = lines.length;
    terminal.columns = to;
  };
  return { terminal, narrow, shown: () => lines.join('\n').trimEnd() };
}

it('draws a block anew in place', () => {
  const { terminal, shown } = screen(40);
  const draw = terminalBlock(terminal);
  draw(['native 1/4', 'docker 0/4']);
  draw(['native 1/4', 'docker 1/4', 'end']);
  draw(['native 2/4']);
  expect(shown()).toBe('native 2/4');
});

it('prints other lines above it, however long, and leaves nothing of it behind', () => {
  const { terminal, shown } = screen(20);
  const draw = terminalBlock(terminal);
  draw(['native 1/4', 'docker 0/4']);
  draw(['native 1/4', 'docker 0/4'], 'a line that is much longer than the terminal is wide');
  expect(shown().split('\n').slice(-2)).toEqual(['native 1/4', 'docker 0/4']);
  draw([]);
  expect(shown()).toBe('a line that is much \nlonger than the term\ninal is wide');
});

it('cuts lines at the width of the terminal and leaves the first out where it is low', () => {
  const { terminal, shown } = screen(10, 3);
  const draw = terminalBlock(terminal);
  draw(['one', 'two, much too long', 'three']);
  expect(shown()).toBe('two, muc…\nthree');
  draw(['four']);
  expect(shown()).toBe('four');
});

it('finds its place again in a terminal that was made narrower', () => {
  const { terminal, narrow, shown } = screen(40);
  const draw = terminalBlock(terminal);
  draw([], 'before');
  draw(['native  1/4  running  1000.0 req/s', 'docker']);
  narrow(12);
  draw(['native  2/4  running  1000.0 req/s', 'docker']);
  expect(shown()).toBe('before\nnative  2/…\ndocker');
});

it('takes a width of 0 for one that is not known', () => {
  const { terminal, shown } = screen(0);
  terminal.columns = 0;
  terminalBlock({ ...terminal, columns: 0 })(['x'.repeat(200)]);
  expect(shown().replace(/\n/g, '')).toHaveLength(79);
});
