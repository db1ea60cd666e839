import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { abortOnSignals, messageOf } from '@tare/nx-kit';
import { readOptions, type GivenOptions } from '@tare/options';
import { appendStepSummary, gateJunit, gateMarkdown, gateText } from '@tare/report';
import { gateResultSchema, replaceFiles, writeRunFile, type GateResult } from '@tare/results';
import { performGate, planGate, type GateRequest } from '@tare/checks';
import { loadConfig, requireRoomFor } from '@tare/runner';
import { projectResolver } from '../../find-app.ts';
import { prepare } from '../../prepare.ts';
import { showProgress } from '../../progress/show-progress.ts';
import { callerGone, reportExitCode } from './exit-code-file.ts';
import { tables } from '../../options.ts';

export type GateOptions = GivenOptions<typeof tables.gate.shape>;

const invalid = 3;

/**
 * Measures this workspace against another commit of it and decides. Nx knows success and failure only: `tare gate` and
 * `tare-gate` end with the exit code.
 */
export default async function gate(
  given: GateOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const gone = callerGone(process.env);
  const exitCode = await gateExitCode(given, context, gone);
  await reportExitCode(exitCode, process.env, gone);
  return { success: exitCode === 0 };
}

/**
 * Measures, decides and reports; a failure prints its line.
 * @param gone aborts it, beside the signals to this process.
 * @param build builds the base; by Nx by default.
 * @returns 0 pass, 1 regression, 2 undecided, 3 not measured.
 */
export async function gateExitCode(
  given: GateOptions,
  context: ExecutorContext,
  gone: AbortSignal = new AbortController().signal,
  build?: GateRequest['build'],
): Promise<number> {
  const { root, projectName, nxJsonConfiguration } = context;
  try {
    return await abortOnSignals(async (told) => {
      const signal = AbortSignal.any([told, gone]);
      const options = readOptions(tables.gate, given);
      const { config: configFile, outputPath } = options;
      const resolveProjectsIn = (folder: string) => projectResolver(folder, options, context);
      const loaded = await loadConfig(resolve(root, configFile), configFile, resolveProjectsIn(root));
      const plan = planGate(loaded, options);
      const reports = resolve(root, outputPath);
      // `nx affected -t gate` runs those of several projects
      const folder = join(reports, 'gate', projectName ?? '');
      await requireRoomFor(plan.config, [join(reports, 'runs'), folder]);
      await prepare(plan.config, options, context, signal);
      const { result, run } = await performGate({
        root,
        configFile,
        plan,
        base: {
          ref: options.base,
          fromVariable: process.env.NX_BASE === '' ? undefined : process.env.NX_BASE,
          defaultBranch: nxJsonConfiguration?.defaultBase ?? 'main',
        },
        resolveProjectsIn,
        runsFolder: join(reports, 'runs'),
        listener: showProgress(process.stdout),
        say: (line) => process.stdout.write(`${line}\n`),
        signal,
        ...(build !== undefined && { build }),
      });
      await mkdir(folder, { recursive: true });
      if (run === null) await rm(join(folder, 'run.json'), { force: true });
      else
        await Promise.all(
          [run.journalFolder, folder].map((to) => writeRunFile(join(to, 'run.json'), run.file)),
        );
      await writeGateReport(folder, result);
      await appendStepSummary(gateMarkdown(result), process.env);
      process.stdout.write(`\n${gateText(result)}exit code ${result.exitCode} (${result.decision})\n`);
      return result.exitCode;
    });
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return invalid;
  }
}

/** Writes `gate.json`, `gate.md` and `gate.junit.xml` into a folder, all or none. @throws Error of the file system. */
async function writeGateReport(folder: string, result: GateResult): Promise<void> {
  await replaceFiles([
    { path: join(folder, 'gate.json'), text: `${JSON.stringify(gateResultSchema.parse(result), null, 2)}\n` },
    { path: join(folder, 'gate.md'), text: gateMarkdown(result) },
    { path: join(folder, 'gate.junit.xml'), text: gateJunit(result) },
  ]);
}
