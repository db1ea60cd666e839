import { expect, test } from 'vitest';
import { replaceReadmeBlock } from './replace-readme-block.ts';

const start = '<!-- tare:results -->';
const end = '<!-- /tare:results -->';

test('the text between the markers is replaced and the rest stays', () => {
  const readme = `# A\n\n${start}\nold\n${end}\n\nend\n`;
  expect(replaceReadmeBlock(readme, 'new $& $1')).toBe(`# A\n\n${start}\n\nnew $& $1\n\n${end}\n\nend\n`);
});

test('without markers the block is appended once, however often it is put in', () => {
  const once = replaceReadmeBlock('# A\n\ntext', 'new');
  expect(once).toBe(`# A\n\ntext\n\n${start}\n\nnew\n\n${end}\n`);
  expect(replaceReadmeBlock(once, 'new')).toBe(once);
});

test('line ends of the README are kept', () => {
  expect(replaceReadmeBlock('# A\r\n', 'a\nb')).toBe(`# A\r\n\r\n${start}\r\n\r\na\r\nb\r\n\r\n${end}\r\n`);
});

test.each([
  ['a start without an end', `${start}\nold`],
  ['an end without a start', `old\n${end}`],
  ['two pairs', `${start}${end}${start}${end}`],
  ['an end before the start', `${end}${start}`],
])('%s is refused in one line', (_, readme) => {
  expect(() => replaceReadmeBlock(readme, 'new')).toThrow(/^The README has \d × .* left as it is\.$/);
});
