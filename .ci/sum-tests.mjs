// Adds up the JUnit files of all test runs: prints "N passed, N failed" and fails when a test failed or none ran.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const total = { tests: 0, failed: 0, skipped: 0 };
for (const name of readdirSync(folder).filter((each) => each.endsWith('.xml'))) {
  const text = readFileSync(join(folder, name), 'utf8');
  for (const [suite] of text.matchAll(/<testsuite [^>]*>/g)) {
    const count = (attribute) => Number(new RegExp(`\\b${attribute}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    total.tests += count('tests');
    total.failed += count('failures') + count('errors');
    total.skipped += count('skipped');
  }
}
const passed = total.tests - total.failed - total.skipped;
if (total.skipped > 0) console.log(`${total.skipped} skipped (with their reasons above)`);
console.log(`${passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || passed === 0 ? 1 : 0;
