import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { renderReadmeBlock, replaceReadmeBlock as replaceInBytes } from './readme.ts';

test('the block has a table of four rows for each workload, and a link to the rest', () => {
  const block = renderReadmeBlock(reportModel(exampleRun()), { chartsPath: 'reports/latest/charts' });
  expect(block.match(/^\| Metric /gm)).toHaveLength(2);
  expect(block.match(/^\| (?:Startup|Throughput|CPU net per request|Memory gross)/gm)).toHaveLength(8);
  expect(block.match(/^\| /gm)).toHaveLength(2 * (4 + 2));
  expect(block).toContain('[reports/latest/summary.md](reports/latest/summary.md)');
});

test('the conclusion stands above each table', () => {
  const block = renderReadmeBlock(reportModel(exampleRun()), { chartsPath: 'charts' });
  expect(block).toMatch(
    /\*\*primes\*\*\n\n- namespace against native: throughput the same within[\s\S]*?\n\n\| Metric /,
  );
  expect(block).not.toContain('native:control');
});

test('names in the run cannot end the block', () => {
  const run = exampleRun();
  const host = { ...run.host, cpuModel: '<!-- /tare:results -->' };
  expect(renderReadmeBlock(reportModel({ ...run, host }), { chartsPath: 'charts' })).not.toContain('<!--');
});

const start = '<!-- tare:results -->';
const end = '<!-- /tare:results -->';
const replaceReadmeBlock = (readme: string, block: string): string =>
  replaceInBytes(Buffer.from(readme), block).toString();

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

test('line ends that are mixed stay as they are, and the block takes those of its place', () => {
  expect(replaceReadmeBlock(`a\r\n\n${start}\nold\n${end}\r\n`, 'new')).toBe(
    `a\r\n\n${start}\n\nnew\n\n${end}\r\n`,
  );
});

test.each([
  ['latin1', Buffer.from('Gr\xfc\xdfe \xa0\n', 'latin1')],
  ['bytes that are no text', Buffer.from([0, 0xff, 0x80, 0x0a])],
  ['a letter whose last byte is a blank elsewhere', Buffer.from('voilà')],
  ['a byte order mark', Buffer.from('\ufeff# A\n')],
])('bytes outside of the block stay: %s', (_, before) => {
  const added = replaceInBytes(before, 'µs');
  const expected = before.at(-1) === 0x0a ? before.subarray(0, -1) : before;
  expect(added.subarray(0, expected.length).equals(expected)).toBe(true);
  expect(added.includes('µs')).toBe(true);
  expect(replaceInBytes(added, 'µs').equals(added)).toBe(true);
});

test('a README in UTF-16 is refused, not damaged', () => {
  expect(() => replaceInBytes(Buffer.from('\ufeff# A\n', 'utf16le'), 'new')).toThrow(
    'UTF-16; expected UTF-8',
  );
});

test('from four rungs on the ladder stands in place of the table of metrics, with its picture', () => {
  const block = renderReadmeBlock(reportModel(ladderRun()), { chartsPath: 'reports/latest/charts' });
  expect(block).toContain('](reports/latest/charts/primes-ladder.svg)');
  expect(block.match(/^\| Environment \| Startup \| Memory tare \| Throughput \| Latency p95 \|$/gm)).toHaveLength(1);
  expect(block.match(/^\| (?:native|namespace|bubblewrap|nspawn|docker|vagrant)/gm)).toHaveLength(9);
  expect(block).not.toMatch(/^\| Metric |standard deviation/m);
  const run = ladderRun();
  const unknown = run.environments.map(({ isolation, ...each }) => (isolation && each.name !== 'docker' ? { ...each, isolation } : each));
  expect(renderReadmeBlock(reportModel({ ...run, environments: unknown }), { chartsPath: 'charts' })).toMatch(/^\| Metric /m);
}); // prettier-ignore

test('on the ladder, how to read the conclusion is one point after those of the environments', () => {
  const model = reportModel(ladderRun());
  const noted = model.workloads.map((each) => {
    const notes = ['One.', 'Two.'].map((brief) => ({
      text: brief,
      brief,
      short: brief,
      isNote: true as const,
    }));
    return { ...each, conclusion: [...each.conclusion.slice(0, 1), ...notes] };
  });
  const block = renderReadmeBlock({ ...model, workloads: noted }, { chartsPath: 'charts' });
  expect(block).toMatch(/^- docker:gvisor .*\n- One\. Two\.$/m);
});
