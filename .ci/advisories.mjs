// Asks the registry for known weaknesses of the packages that are locked, where it answers such questions:
//   npm run advisories        # exit code 1 for a high or critical one in what ships
import { spawnSync } from 'node:child_process';

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--omit=dev', '--audit=true'], {
  encoding: 'utf8',
  timeout: 120_000,
  maxBuffer: 64 * 2 ** 20,
});
const answer = parsed(stdout);
const counts = answer?.metadata?.vulnerabilities;
if (counts === undefined) {
  const why = error?.message ?? answer?.message ?? answer?.error?.summary ?? 'no answer';
  process.stdout.write(
    `advisories: the registry does not tell (${why.split('\n')[0]}): nothing was checked\n`,
  );
} else {
  const lines = Object.values(answer.vulnerabilities ?? {}).map(
    ({ name, severity, range }) => `advisories: ${severity}: ${name} ${range}`,
  );
  const total = `advisories: ${counts.total} known in ${answer.metadata.dependencies.prod} packages that ship`;
  process.stdout.write(`${[...lines, total].join('\n')}\n`);
  process.exitCode = counts.high + counts.critical > 0 ? 1 : 0;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
