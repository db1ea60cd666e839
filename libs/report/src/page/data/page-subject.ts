import type { RunFile, Trial } from '@tare/results';
import { isEmulated } from '../../emulation.ts';
import { measuredWorkloads } from '../../metric-table.ts';

/** An environment of a workload as the page shows it. */
export type Subject = {
  readonly name: string;
  /** The name with its mark: "vagrant (emulated)". */
  readonly title: string;
  readonly isBaseline: boolean;
  readonly emulated: boolean;
  /** Place among the environments of the run, which gives it the same colour in every chart. */
  readonly colourIndex: number;
  /** In the order of the rounds. */
  readonly trials: readonly Trial[];
};

export type WorkloadSubjects = {
  readonly workload: string;
  /** Starts every id of its part of the page. */
  readonly key: string;
  readonly subjects: readonly Subject[];
};

/** What the page draws: the measured environments by workload, the baseline first, the emulated ones last, without the twin. */
export function pageSubjects(run: RunFile): readonly WorkloadSubjects[] {
  const { baseline, twin } = run.config;
  const names = [...new Set([baseline, ...run.environments.map(({ name }) => name)])].filter(
    (name) => name !== twin,
  );
  return measuredWorkloads(run).map((workload, place) => ({
    workload,
    key: `w${place + 1}`,
    subjects: names
      .map((name, colourIndex): Subject => {
        const emulated = isEmulated(run.environments.find((each) => each.name === name));
        return {
          name,
          title: emulated ? `${name} (emulated)` : name,
          isBaseline: name === baseline,
          emulated,
          colourIndex,
          trials: run.trials
            .filter((trial) => trial.workload === workload && trial.environment === name)
            .toSorted((a, b) => a.round - b.round),
        };
      })
      .filter(({ trials }) => trials.length > 0)
      .toSorted((a, b) => Number(a.emulated) - Number(b.emulated)),
  }));
}
