// Adds up the JUnit files of all test runs: names each failed test with the first lines of its failure, each that passed only
// when it was asked again, and the files that took longest, prints "N passed, N failed" and fails when a test failed or none ran.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const linesShown = 16;
const slowestShown = 15;

const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
const readable = (text) =>
  text
    .replaceAll(/&(lt|gt|quot|apos|#10|#13);/g, (_, name) => entities[name])
    .replaceAll('&amp;', '&')
    .replaceAll(/<!\[CDATA\[|\]\]>/g, '');
const entities = { lt: '<', gt: '>', quot: '"', apos: "'", '#10': '\n', '#13': '' };

const folder = process.argv[2];
const total = { tests: 0, failed: 0, skipped: 0 };
const files = [];
for (const name of readdirSync(folder).filter((each) => each.endsWith('.xml'))) {
  const text = readFileSync(join(folder, name), 'utf8');
  for (const [suite] of text.matchAll(/<testsuite [^>]*>/g)) {
    total.tests += Number(attribute(suite, 'tests'));
    total.failed += Number(attribute(suite, 'failures')) + Number(attribute(suite, 'errors'));
    total.skipped += Number(attribute(suite, 'skipped'));
    files.push({
      seconds: Number(attribute(suite, 'time')),
      name: `${name.replace(/\.xml$/, '')}: ${attribute(suite, 'name')}`,
    });
  }
  for (const [, test, inside] of text.matchAll(/(<testcase [^>]*[^/]>)([^]*?)<\/testcase>/g)) {
    const failure = /<(?:failure|error)[^>]*>([^]*?)<\/(?:failure|error)>/.exec(inside)?.[1];
    if (failure === undefined) continue;
    console.log(`failed: ${readable(attribute(test, 'classname'))}: ${readable(attribute(test, 'name'))}`);
    for (const line of readable(failure).trim().split('\n').slice(0, linesShown)) console.log(`    ${line}`);
  }
}
for (const name of readdirSync(folder).filter((each) => each.endsWith('.retried.txt'))) {
  process.stdout.write(readFileSync(join(folder, name), 'utf8'));
}
console.log('the slowest files:');
for (const { seconds, name } of files.toSorted((a, b) => b.seconds - a.seconds).slice(0, slowestShown)) {
  console.log(`${seconds.toFixed(0).padStart(5)} s  ${name}`);
}
const passed = total.tests - total.failed - total.skipped;
if (total.skipped > 0) console.log(`${total.skipped} skipped (with their reasons above)`);
console.log(`${passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || passed === 0 ? 1 : 0;
