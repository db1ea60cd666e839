import { join, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { appendHistory, historyLine, writeRunFile } from '@tare/results';
import { applyOverrides, loadConfig, performRun, showProgress, type Overrides } from '@tare/runner';

import { commitFacts } from './commit-facts.ts';

/** Options of the executor, as in schema.json. */
export type BenchOptions = Overrides & { readonly config: string; readonly outputPath?: string };

/** Measures what a bench.config.ts says and writes the run file; fails when an environment failed. */
export default async function bench(
  options: BenchOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const { config: configFile, outputPath = 'reports', ...overrides } = options;
  const interruption = abortOnSignals();
  try {
    const configPath = resolve(context.root, configFile);
    const reports = resolve(context.root, outputPath);
    const config = applyOverrides(await loadConfig(configPath, configFile), overrides);
    const { run, journalFolder } = await performRun({
      config,
      configPath,
      runsFolder: join(reports, 'runs'),
      listener: showProgress(process.stdout),
      signal: interruption.signal,
    });
    await writeRunFile(join(journalFolder, 'run.json'), run);
    await writeRunFile(join(reports, 'latest', 'run.json'), run);
    await appendHistory(join(reports, 'history'), historyLine(run, await commitFacts(context.root)));
    const failed = run.environments.filter(({ status }) => status === 'failed');
    for (const { name } of failed) {
      process.stderr.write(
        `${name} failed and was not measured; nx run ${context.projectName ?? 'bench'}:report shows the others\n`,
      );
    }
    return { success: failed.length === 0 };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { success: false };
  } finally {
    interruption.release();
  }
}

/** Ctrl-C and SIGTERM end the run in order. */
function abortOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (signal: NodeJS.Signals): void => {
    controller.abort(
      new Error(`interrupted by ${signal}: everything is taken down, the journal keeps the trials so far`),
    );
  };
  for (const signal of signals) process.on(signal, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
