import { isEmulated, tareOf, type Isolation, type RunFile, type Trial } from '@tare/results';
import { metricOf } from './shown-metrics.ts';
import { withMarks } from './words.ts';

/** An environment of a workload, as every view shows it. */
export type Subject = {
  readonly name: string;
  /** The name with what must be known beside it: "vagrant (emulated)", "docker (failed)". */
  readonly title: string;
  readonly isBaseline: boolean;
  readonly emulated: boolean;
  /** Set when it failed for good midway: how many rounds it had completed, and why it failed. */
  readonly failed: { readonly rounds: number; readonly reason: string } | undefined;
  /** Whether it gets verdicts: not the baseline, nor what is emulated or failed. */
  readonly isJudged: boolean;
  /** Its place among the measured environments of the run, which gives it the same colour in every chart. */
  readonly colour: number;
  /** What stands between the app and its host there; undefined where the run does not say. */
  readonly isolation: Isolation | undefined;
  /** In the order of the rounds. */
  readonly trials: readonly Trial[];
};

/** An environment without a full set of figures, and what to do about it. */
export type MissingEnvironment = {
  readonly name: string;
  readonly status: 'unavailable' | 'failed';
  /** "unavailable", "failed", "failed after 3 rounds". */
  readonly statusText: string;
  readonly reason: string;
  readonly remedy: string | undefined;
};

/** Gross − net of a metric, trial by trial; none where one of the two was not measured. */
export function taresOf({ trials }: Subject, key: string): readonly number[] {
  const metric = metricOf(key);
  return metric === undefined ? [] : trials.flatMap((trial) => tareOf(metric, trial) ?? []);
}

/** The measured environments of a workload: the baseline first, the emulated ones last, never the A/A control. */
export function subjectsOf(run: RunFile, workload: string): readonly Subject[] {
  const { baseline } = run.config;
  const found = (name: string) => run.environments.find((each) => each.name === name);
  const hasFailed = found(baseline)?.status === 'failed';
  const measured = Object.keys(run.summary[workload] ?? {});
  return environmentNames(run)
    .map((name, colour): Subject => {
      const environment = found(name);
      const emulated = isEmulated(environment);
      const trials = run.trials
        .filter((trial) => trial.workload === workload && trial.environment === name)
        .toSorted((a, b) => a.round - b.round);
      const failed =
        environment?.status === 'failed' ? { rounds: roundsIn(trials), reason: environment.reason } : undefined;
      return {
        name,
        title: withMarks(name, [emulated && 'emulated', failed !== undefined && 'failed']),
        isBaseline: name === baseline,
        emulated,
        failed,
        isJudged: name !== baseline && !emulated && failed === undefined && !hasFailed,
        colour,
        isolation: environment?.isolation,
        trials,
      };
    })
    .filter(({ name }) => measured.includes(name))
    .toSorted((a, b) => Number(a.emulated) - Number(b.emulated));
} // prettier-ignore

/** How many rounds trials are from. */
export function roundsIn(trials: readonly Pick<Trial, 'round'>[]): number {
  return new Set(trials.map(({ round }) => round)).size;
}

/** The environments that have figures for some workload: the baseline first, then in the order of the run; never the control. */
function environmentNames(run: RunFile): readonly string[] {
  const measured = Object.values(run.summary).flatMap((of) => Object.keys(of));
  const order = [run.config.baseline, ...run.environments.map(({ name }) => name), ...measured];
  return [...new Set(order)].filter((name) => measured.includes(name) && name !== run.config.control);
}

/** Whether its figures count less: of an emulator, or of a part of the run. */
export function isHatched({ emulated, failed }: Subject): boolean {
  return emulated || failed !== undefined;
}
