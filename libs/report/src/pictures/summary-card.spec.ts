import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { summaryCard } from './summary-card.ts';

test('the card is 1200 × 630, ours, and can be read aloud', () => {
  expect(summaryCard(exampleRun())).toMatch(
    /^<svg data-source="tare-report" role="img" aria-label="primes: what its environment costs\. [^"]+" xmlns="[^"]+" width="1200" height="630" /,
  );
});

test('a verdict is a sign and a word, not a colour alone', () => {
  const card = summaryCard(exampleRun());
  expect(card).toContain('>−</text>');
  expect(card).toContain('>×0.934 worse</text>');
  expect(card).toContain('>=</text>');
});

test('the same run gives the same bytes, and another workload another card', () => {
  expect(summaryCard(exampleRun())).toBe(summaryCard(exampleRun()));
  expect(summaryCard(exampleRun(), 'grocery')).toContain('>grocery: what its environment costs<');
});

test('text of a run is escaped, and a long one shortened', () => {
  const run = exampleRun();
  const name = `<b>&"${'n'.repeat(80)}`;
  const card = summaryCard({ ...run, summary: { [name]: run.summary.primes ?? {} } });
  expect(card).not.toContain('<b>');
  expect(card).toMatch(/>&lt;b&gt;&amp;&quot;n+…<\/text>/);
});
