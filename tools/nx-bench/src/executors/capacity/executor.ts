import { join, relative, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { abortOnSignals, reportFailure } from '@tare/recipe';
import { readOptions, type GivenOptions } from '@tare/options';
import { renderCapacityTerminal, writeCapacityReport } from '@tare/report';
import { writeCapacityFile, type CapacityFile } from '@tare/results';
import { parseCapacityPlan, performCapacity } from '@tare/checks';
import { applyOverrides, loadConfig, requireRoomFor } from '@tare/runner';
import { prepare } from '../../prepare.ts';
import { showCapacityProgress } from '../../progress/show-capacity-progress.ts';
import { tables } from '../../options.ts';

export type CapacityOptions = GivenOptions<typeof tables.capacity.shape>;

const columnsWithoutTerminal = 120;

/** Searches the capacity of every workload in every environment and reports it; fails when an environment failed. */
export default function capacity(
  given: CapacityOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const { root } = context;
  return reportFailure(() =>
    abortOnSignals(async (signal) => {
      const options = readOptions(tables.capacity, given);
      const { config: configFile, outputPath } = options;
      const plan = parseCapacityPlan(options);
      const configPath = resolve(root, configFile);
      const reports = resolve(root, outputPath);
      const { environments, workloads, warmup, connections, seed, n } = options;
      const config = applyOverrides(await loadConfig(configPath, configFile), {
        environments,
        workloads,
        warmup,
        connections,
        seed,
        n,
      });
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
      process.stdout.write(`\n${renderCapacityTerminal(file, terminal())}\n`);
      const written = [join(latest, 'capacity.json'), ...(await writeCapacityReport(latest, file))];
      process.stdout.write(`Written: ${written.map((path) => relative(root, path)).join(', ')}\n`);
      return tellFailed(file);
    }),
  );
}

/** @returns whether no environment failed. */
function tellFailed({ environments }: CapacityFile): boolean {
  const failed = environments.filter(({ status }) => status === 'failed');
  for (const { name } of failed) {
    process.stderr.write(`${name} failed: what was found in it before is shown, the others are whole\n`);
  }
  return failed.length === 0;
}

function terminal(): { readonly columns: number; readonly colour: boolean } {
  const { NO_COLOR: none, FORCE_COLOR: force } = process.env;
  const isForced = force !== undefined && force !== '0' && force !== 'false';
  const isForbidden = none !== undefined && none !== '';
  return {
    columns: process.stdout.columns ?? columnsWithoutTerminal,
    colour: !isForbidden && (isForced || process.stdout.isTTY),
  };
}
