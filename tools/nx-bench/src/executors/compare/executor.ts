import { runExecutor, type ExecutorContext, type TargetConfiguration } from '@nx/devkit';
import { readOptions, type GivenOptions } from '@tare/options';
import { reportFailure } from '@tare/nx-kit';
import { tables } from '../../options.ts';
import { pathOf } from '../../projects.ts';
import { measureAndReport } from './measure-and-report.ts';

export type CompareOptions = GivenOptions<typeof tables.compare.shape>;

/**
 * Measures, then reports, even if a part of the measurement failed. One task and not two in a graph: Nx gives
 * a task whose dependency failed no result, takes the run for interrupted, and ends with 130.
 */
export default function compare(
  given: CompareOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reportFailure(() => {
    const { measureTarget, reportTarget, ...options } = readOptions(tables.compare, given);
    const measured = projectOf(context)?.targets?.[measureTarget];
    return measureAndReport(options, {
      root: context.root,
      outputPath: pathOf(options.outputPath ?? outputPathOf(measured), context),
      measure: (ofMeasurement) => runTarget(measureTarget, ofMeasurement, context),
      report: (ofReport) => runTarget(reportTarget, ofReport, context),
    });
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
