// Checks that a run file holds to its schema and that the named environments were really measured:
//   node .ci/check-run.mjs reports/latest/run.json native namespace docker
import { readFileSync } from 'node:fs';
import { parseRunFile } from '../libs/results/src/index.ts';

const [path = '', ...names] = process.argv.slice(2);
const run = parseRunFile(readFileSync(path, 'utf8'), path);
const problems = names.flatMap((name) => {
  const status = run.environments.find((environment) => environment.name === name)?.status ?? 'missing';
  if (status !== 'measured') return [`${name} is ${status}`];
  const trials = run.trials.filter(({ environment }) => environment === name);
  const wanted = run.config.rounds * run.config.workloads.length;
  const count = trials.length === wanted ? [] : [`${name} has ${trials.length} trials, expected ${wanted}`];
  return [
    ...count,
    ...trials.flatMap(({ round, load, startup, cpu, memory }) => {
      const figures = {
        startup: startup.readyMs,
        throughput: load.throughputRps,
        'net CPU': cpu.net.percent,
        'gross CPU': cpu.gross.percent,
        'net memory': memory.net.meanMiB,
        'gross memory': memory.gross.meanMiB,
      };
      const zero = Object.entries(figures).filter(([, figure]) => !(figure > 0));
      return [
        ...zero.map(([figure]) => `${name}, round ${round}: ${figure} is not above zero`),
        ...(load.errors + load.timeouts > 0 ? [`${name}, round ${round}: ${load.errors} errors`] : []),
      ];
    }),
  ];
});
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `${path}: ${run.trials.length} sound trials` : `${path}: not sound`);
process.exitCode = problems.length === 0 ? 0 : 1;
