import { join, relative, resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { gitIn } from '@tare/checks';
import { appendHistory, type CommitFacts, counted, historyLine, writeRunFile } from '@tare/results';
import { readOptions, type GivenOptions } from '@tare/options';
import {
  applyOverrides,
  findInterrupted,
  loadConfig,
  overridesOf,
  performRun,
  requireRoomFor,
  type Listener,
} from '@tare/runner';
import { abortOnSignals, messageOf } from '@tare/nx-kit';
import { projectResolver } from '../../find-app.ts';
import { prepare } from '../../prepare.ts';
import { showProgress } from '../../progress/show-progress.ts';
import { tables } from '../../options.ts';
import { pathOf } from '../../projects.ts';
import { endOnRequest } from './end-on-request.ts';
import { watchPage } from './watch-page.ts';

export type BenchOptions = GivenOptions<typeof tables.bench.shape>;

/**
 * Prepares what is asked for, measures it and writes the run file; fails when an environment failed; the run
 * file then has the others. It fails, too, when somebody ended the rounds with Ctrl-C; the run file then has those that were made.
 */
export default async function bench(
  given: BenchOptions,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const progress = showProgress(process.stdout);
  const kept = keptTrials();
  const request = endOnRequest();
  let interrupted = false;
  try {
    return await abortOnSignals(async (signal) => {
      signal.addEventListener('abort', () => {
        interrupted = true;
      });
      const options = readOptions(tables.bench, given);
      const { config: configFile, outputPath } = options;
      const configPath = resolve(context.root, configFile);
      const reports = resolve(context.root, pathOf(outputPath, context));
      const runs = join(reports, 'runs');
      const latest = join(reports, 'latest');
      const history = join(reports, 'history');
      const resume = await toResume(runs, options.resume);
      const config = applyOverrides(
        await loadConfig(configPath, configFile, projectResolver(context.root, options, context)),
        resume === undefined ? options : overridesOf(resume.header, options),
      );
      await requireRoomFor(config, [runs, latest, history]);
      await prepare(config, options, context, signal);
      const page = await watchPage(options, signal);
      try {
        const { run, journalFolder } = await performRun({
          config,
          configPath,
          runsFolder: runs,
          listener: (event) => {
            progress(event);
            page.follow(event);
            kept.follow(event);
            request.follow(event);
          },
          signal,
          ending: request.signal,
          ...(resume !== undefined && { resume }),
        });
        page.show(run);
        await writeRunFile(join(journalFolder, 'run.json'), run);
        await writeRunFile(join(latest, 'run.json'), run);
        await appendHistory(history, historyLine(run, await commitFacts(context.root)));
        const failed = run.environments.filter(({ status }) => status === 'failed');
        for (const { name } of failed) process.stderr.write(`${name} failed; the report shows the others\n`);
        const isCutShort = run.plan.kind === 'looks' && run.plan.endedBy === 'interrupted';
        if (isCutShort)
          process.stderr.write(`interrupted; the report shows ${counted(run.plan.rounds, 'round')}\n`);
        return { success: failed.length === 0 && !isCutShort };
      } finally {
        await page.close();
      }
    }, request.takesInterrupt);
  } catch (error) {
    progress.close();
    const ended = interrupted ? '; everything is taken down' : '';
    process.stderr.write(`${messageOf(error)}${ended}${kept.words(context.root)}\n`);
    return { success: false };
  } finally {
    request.close();
  }
}

/** The run to go on with; undefined for a new one. */
async function toResume(runs: string, asked: string | boolean | undefined) {
  const word = String(asked ?? false);
  return word === 'false' ? undefined : findInterrupted(runs, word === 'true' ? true : word);
}

/** Says what an unfinished run has left behind. */
function keptTrials(): { readonly follow: Listener; readonly words: (root: string) => string } {
  let journal = '';
  let trials = 0;
  return {
    follow: (event) => {
      if (event.kind === 'run-started') journal = event.journal;
      if (event.kind === 'resumed') trials = event.trials.length;
      if (event.kind === 'trial-finished') trials += 1;
    },
    words: (root) =>
      trials === 0
        ? ''
        : `; ${relative(root, journal)} keeps the ${trials === 1 ? 'trial' : `${trials} trials`} so far: --resume continues the run`,
  };
}

const gitDeadlineMs = 10_000;

/** @returns the commit that is checked out in a folder and whether files differ from it; null where git does not tell. */
async function commitFacts(folder: string): Promise<CommitFacts> {
  const git = gitIn(folder, AbortSignal.timeout(gitDeadlineMs));
  try {
    const commit = await git(['rev-parse', 'HEAD']);
    // what a run writes must not make the next one dirty
    const tracked = ['status', '--porcelain', '--untracked-files=no'];
    const changed = await git([...tracked, '--', '.', ':!reports', ':!README.md']);
    return { commit, dirty: changed !== '' };
  } catch {
    return { commit: null, dirty: false };
  }
}
