import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runExecutor, type ExecutorContext, type TargetConfiguration } from '@nx/devkit';
import { readOptions, type GivenOptions } from '@tare/options';
import { reportFailure } from '@tare/nx-kit';
import { tables } from '../../options.ts';

export type CompareOptions = GivenOptions<typeof tables.compare.shape>;

/**
 * Measures, then reports, even if a part of the measurement failed. One task and not two in a graph: Nx gives
 * a task whose dependency failed no result, takes the run for interrupted, and ends with 130.
 */
export default function compare(
  given: CompareOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reportFailure(async () => {
    const options = readOptions(tables.compare, given);
    const { measureTarget, reportTarget, readme, png, export: formats, ...ofMeasurement } = options;
    const measured = projectOf(context)?.targets?.[measureTarget];
    const latest = join(ofMeasurement.outputPath ?? outputPathOf(measured), 'latest');
    const runFile = join(latest, 'run.json');
    const before = await idOf(resolve(context.root, runFile));
    const isMeasured = await runTarget(measureTarget, ofMeasurement, context);
    const after = await idOf(resolve(context.root, runFile));
    // without a new run the report would be that of another
    if (after === undefined || after === before) return false;
    const ofReport = { runFile, outputPath: latest, readme, png, export: formats };
    const isReported = await runTarget(reportTarget, ofReport, context);
    return isMeasured && isReported;
  });
}

function projectOf({ projectName = '', projectsConfigurations }: ExecutorContext) {
  return projectsConfigurations.projects[projectName];
}

function outputPathOf(target: TargetConfiguration<{ outputPath?: unknown }> | undefined): string {
  const path = target?.options?.outputPath;
  return typeof path === 'string' ? path : 'reports';
}

/** Runs a target of the same project with its own options, configuration and executor. */
async function runTarget(target: string, overrides: object, context: ExecutorContext): Promise<boolean> {
  const { projectName: project = '', configurationName } = context;
  const { configurations } = projectOf(context)?.targets?.[target] ?? {};
  const configuration = configurationName !== undefined && configurations?.[configurationName] !== undefined;
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const outcomes = await runExecutor(
    { project, target, ...(configuration && { configuration: configurationName }) },
    Object.fromEntries(given),
    context,
  );
  let success = false;
  for await (const outcome of outcomes) success = outcome.success;
  return success;
}

async function idOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /"id": ?"([^"]+)"/.exec(text)?.[1];
}
