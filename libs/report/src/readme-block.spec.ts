import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { renderReadmeBlock } from './readme-block.ts';

test('the block has a table and six pictures for each workload', () => {
  const block = renderReadmeBlock(exampleRun(), { chartsPath: 'reports/latest/charts' });
  expect(block.match(/^\| Metric /gm)).toHaveLength(2);
  expect(block.match(/^!\[/gm)).toHaveLength(12);
  expect(block).toContain('![primes: startup time](reports/latest/charts/primes-startup.svg)');
});

test('the conclusion stands above each table, and where latency is from below it', () => {
  const block = renderReadmeBlock(exampleRun(), { chartsPath: 'charts' });
  expect(block).toMatch(/\*\*primes\*\*\n\n- namespace: the same as native within[\s\S]*?\n\n\| Metric /);
  expect(block).toContain('vagrant (emulated) at 660 req/s.\n');
  expect(block).not.toContain('native:twin');
});

test('a path that Markdown would break is encoded', () => {
  const block = renderReadmeBlock(exampleRun(), { chartsPath: 'my reports (1)' });
  expect(block).toContain('](my%20reports%20%281%29/primes-startup.svg)');
});

test('names in the run cannot end the block', () => {
  const run = exampleRun();
  const host = { ...run.host, cpuModel: '<!-- /tare:results -->' };
  expect(renderReadmeBlock({ ...run, host }, { chartsPath: 'charts' })).not.toContain('<!--');
});
