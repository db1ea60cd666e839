import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import type { GateRequest } from '@tare/checks';
import { findProgram, runProgram } from '@tare/metrics';
import { report, tables as reportTables, trend } from '@tare/nx-report';
import { path, readOptions } from '@tare/options';
import { z } from 'zod';
import bench from '../executors/bench/executor.ts';
import calibrate from '../executors/calibrate/executor.ts';
import capacity from '../executors/capacity/executor.ts';
import { measureAndReport } from '../executors/compare/measure-and-report.ts';
import doctor from '../executors/doctor/executor.ts';
import { gateExitCode } from '../executors/gate/executor.ts';
import runs from '../executors/runs/executor.ts';
import { tables } from '../options.ts';
import type { Command, Commands } from './command-line.ts';

type Options = Readonly<Record<string, unknown>>;
type Run = (options: Options, context: ExecutorContext) => Promise<number>;

const configFile = 'bench.config.ts';
const config = path({ description: `Path of the ${configFile}.` }).default(configFile);

/** The commands of `tare`: the executors, in a folder that need be no Nx workspace. What is measured is built before. */
export const commands: Commands = {
  compare: withConfig('measure every workload in every environment, and report', tables.compare, compare),
  measure: withConfig('measure, without a report', tables.bench, byExecutor(bench)),
  report: without('render the last run again, without measuring', reportTables.report, byExecutor(report)),
  gate: withConfig(
    'measure this commit against another: ends with 0 pass, 1 regression, 2 undecided, 3 not measured',
    tables.gate,
    (options, context) =>
      gateExitCode(
        options,
        context,
        undefined,
        existsSync(join(context.root, 'nx.json')) ? undefined : buildByNpm,
      ),
  ),
  capacity: withConfig(
    'find the highest rate that still meets a goal',
    tables.capacity,
    byExecutor(capacity),
  ),
  doctor: withConfig(
    'say what disturbs a measurement here, and how to fix it',
    tables.doctor,
    byExecutor(doctor),
  ),
  calibrate: without('check the meters against known truths', tables.calibrate, byExecutor(calibrate)),
  runs: without('list the runs that were begun, and remove old ones', tables.runs, byExecutor(runs)),
  trend: without('draw the history of runs', reportTables.trend, byExecutor(trend)),
};

async function compare(
  { config: configPath, ...others }: Options,
  context: ExecutorContext,
): Promise<number> {
  // all options are read before time is spent
  const { measureTarget, reportTarget, ...options } = readOptions(tables.compare, others);
  const success = await measureAndReport(
    { ...options, config: configPath },
    {
      root: context.root,
      outputPath: options.outputPath ?? 'reports',
      measure: async (ofMeasurement) => (await bench(ofMeasurement, context)).success,
      report: async (ofReport) => (await report(ofReport, context)).success,
    },
  );
  return success ? 0 : 1;
}

type Executor = (options: never, context: ExecutorContext) => Promise<{ readonly success: boolean }>;

function byExecutor(executor: Executor): Run {
  return async (options, context) => ((await executor(options as never, context)).success ? 0 : 1);
}

function without(summary: string, table: z.ZodObject, run: Run): Command {
  return { summary, table, run: (options, folder) => run(options, contextIn(folder)) };
}

/** A command that reads a bench.config.ts, by default that of the folder. */
function withConfig(summary: string, table: z.ZodObject, run: Run): Command {
  return {
    summary,
    table: z.strictObject({ ...table.shape, config }).meta(table.meta() ?? {}),
    run: (options, folder) => {
      const { config: given = configFile } = options;
      if (typeof given === 'string' && existsSync(resolve(folder, given)))
        return run({ ...options, config: given }, contextIn(folder));
      throw new Error(
        `there is no ${String(given)} in ${folder}; go to the folder that has one, or name it: --config=path/${configFile}`,
      );
    },
  };
}

/** What executors get of Nx, where there is none. */
function contextIn(root: string): ExecutorContext {
  return {
    root,
    cwd: root,
    isVerbose: false,
    projectsConfigurations: { version: 2, projects: {} },
    nxJsonConfiguration: {},
    projectGraph: { nodes: {}, dependencies: {} },
  };
}

const buildDeadlineMs = 1_800_000;

/** Builds the base of a gate by the script "build" of its package.json, if it has one. */
const buildByNpm: GateRequest['build'] = async ({ root }, signal) => {
  const args = ['run', 'build', '--if-present'];
  await runProgram(findProgram('npm') ?? 'npm', args, {
    cwd: root,
    shownAs: `npm ${args.join(' ')}`,
    deadlineMs: buildDeadlineMs,
    signal,
  });
};
