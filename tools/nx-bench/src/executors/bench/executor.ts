import { join, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { appendHistory, historyLine, writeRunFile } from '@tare/results';
import { readOptions, type GivenOptions } from '@tare/options';
import { applyOverrides, loadConfig, performRun, showProgress } from '@tare/runner';
import { abortOnSignals } from '@tare/recipe';
import { commitFacts } from './commit-facts.ts';
import { options as table } from './options.ts';
import { watchPage } from './watch-page.ts';

export type BenchOptions = GivenOptions<typeof table.shape>;

/** Measures what a bench.config.ts says and writes the run file; fails when an environment failed. */
export default async function bench(
  given: BenchOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const progress = showProgress(process.stdout);
  let interrupted = false;
  try {
    return await abortOnSignals(async (signal) => {
      signal.addEventListener('abort', () => {
        interrupted = true;
      });
      const options = readOptions(table, given);
      const { config: configFile, outputPath } = options;
      const configPath = resolve(context.root, configFile);
      const reports = resolve(context.root, outputPath);
      const config = applyOverrides(await loadConfig(configPath, configFile), options);
      const page = await watchPage(options, signal);
      try {
        const { run, journalFolder } = await performRun({
          config,
          configPath,
          runsFolder: join(reports, 'runs'),
          listener: (event) => {
            progress(event);
            page.follow(event);
          },
          signal,
        });
        page.show(run);
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
      } finally {
        await page.close();
      }
    });
  } catch (error) {
    progress.close();
    const message = error instanceof Error ? error.message : String(error);
    const kept = interrupted ? ': everything is taken down, the journal keeps the trials so far' : '';
    process.stderr.write(`${message}${kept}\n`);
    return { success: false };
  }
}
