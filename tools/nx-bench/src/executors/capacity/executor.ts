import { join, relative, resolve } from 'node:path';
import { parseCapacityPlan, performCapacity } from '@tare/checks';
import { executor } from '@tare/nx-kit';
import { renderCapacityTerminal, terminalOf, writeCapacityReport } from '@tare/report';
import { writeCapacityFile, type CapacityFile } from '@tare/results';
import { applyOverrides, loadConfig, requireRoomFor } from '@tare/runner';
import { tables } from '../../options.ts';
import { projectResolver } from '../../find-app.ts';
import { prepare } from '../../prepare.ts';
import { showCapacityProgress } from '../../progress/show-capacity-progress.ts';

/** Searches the capacity of every workload in every environment and reports it; fails when an environment failed. */
export default executor(tables.capacity, async (options, context, signal) => {
  const { root } = context;
  const { config: configFile, outputPath } = options;
  const plan = parseCapacityPlan(options);
  const configPath = resolve(root, configFile);
  const reports = resolve(root, outputPath);
  const { environments, workloads, allowRemote, warmup, connections, seed, n } = options;
  const config = applyOverrides(
    await loadConfig(configPath, configFile, projectResolver(root, options, context)),
    {
      environments,
      workloads,
      allowRemote,
      warmup,
      connections,
      seed,
      n,
    },
  );
  await requireRoomFor(config, [join(reports, 'runs'), join(reports, 'latest')]);
  await prepare(config, options, context, signal);
  const { capacity: file, journalFolder } = await performCapacity({
    config,
    configPath,
    plan,
    runsFolder: join(reports, 'runs'),
    listener: showCapacityProgress(process.stdout, plan.slo),
    signal,
  });
  const latest = join(reports, 'latest');
  await writeCapacityFile(join(journalFolder, 'capacity.json'), file);
  await writeCapacityFile(join(latest, 'capacity.json'), file);
  process.stdout.write(`\n${renderCapacityTerminal(file, terminalOf(process.stdout, process.env))}\n`);
  const written = [join(latest, 'capacity.json'), ...(await writeCapacityReport(latest, file))];
  process.stdout.write(`Written: ${written.map((path) => relative(root, path)).join(', ')}\n`);
  return tellFailed(file);
});

/** @returns whether no environment failed. */
function tellFailed({ environments }: CapacityFile): boolean {
  const failed = environments.filter(({ status }) => status === 'failed');
  for (const { name } of failed) {
    process.stderr.write(`${name} failed: what was found in it before is shown, the others are whole\n`);
  }
  return failed.length === 0;
}
