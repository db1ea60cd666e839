import { asDecided, type Comparison, type Isolation, type MetricKey, type Verdict } from '@tare/results';
import { describe } from '@tare/statistics';
import { taresOf, type MissingEnvironment, type Subject } from './subjects.ts';
import { figureText, figureWithInterval, listed, withMarks } from './words.ts';
import type { MetricCell, WorkloadModel } from './workload-model.ts';

/** A figure of a rung: what it is, and how it stands to that of the baseline. */
export type LadderCell = {
  /** In the unit of its column; undefined where there is none, or only of a part: the text says which. */
  readonly figure: number | undefined;
  /** 95 % interval of the figure; null with one trial. */
  readonly ci95: readonly [number, number] | null;
  /** "974 ms", "16.1 s", "gross 98.2 MiB", "–". */
  readonly text: string;
  /** The same with its interval: "974 [950, 998] ms". */
  readonly fullText: string;
  /** With the baseline; undefined for the baseline itself, and without a ratio. Of memory that of the gross, by the tare where it decided. */
  readonly comparison: (Comparison & { readonly ratio: number }) | undefined;
  /** "×3.31"; empty without. */
  readonly factor: string;
  /** "×3.31 [3.02, 3.58] worse"; empty without. */
  readonly ratioWords: string;
  readonly verdict: Verdict | undefined;
};

/** An environment on the ladder. */
export type Rung = {
  readonly subject: Subject;
  readonly isolation: Isolation;
  readonly startup: LadderCell;
  /** What the environment adds to the memory that the app itself uses: gross − net. */
  readonly tare: LadderCell;
  readonly throughput: LadderCell;
  readonly latency: LadderCell;
};

/** A workload on the rungs of a run, from the least isolation to the most. */
export type WorkloadLadder = {
  readonly workload: string;
  /** Unique in the run, for ids. */
  readonly key: string;
  readonly baseline: string;
  /** Where p95 is from: "open loop at 3300 req/s". */
  readonly latency: string;
  readonly rungs: readonly Rung[];
};

/** The environments of a run in order of what isolates them. */
export type Ladder = {
  readonly rungs: readonly { readonly title: string; readonly isolation: Isolation }[];
  readonly workloads: readonly WorkloadLadder[];
  /** What could not be put on it, and why. */
  readonly missing: readonly MissingEnvironment[];
};

/** What is shown of a rung, column by column. */
export const ladderColumns = [
  { of: 'startup', key: 'startupMs', title: 'Startup', unit: 'ms' },
  { of: 'tare', key: 'memoryGrossMiB', title: 'Memory tare', unit: 'MiB' },
  { of: 'throughput', key: 'throughputRps', title: 'Throughput', unit: 'req/s' },
  { of: 'latency', key: 'latencyP95Ms', title: 'Latency p95', unit: 'ms' },
] as const satisfies readonly { of: keyof Rung; key: MetricKey; title: string; unit: string }[];

/** One rung is no ladder. */
const fewestRungs = 2;

/**
 * The ladder of a run: what is measured, in the order of its isolation, ties in the order of the run. Undefined for a run whose
 * environments do not say what isolates them.
 */
export function ladderOf(
  workloads: readonly WorkloadModel[],
  missing: readonly MissingEnvironment[],
): Ladder | undefined {
  const ladders = workloads.flatMap((workload) => {
    const rungs = rungsOf(workload);
    if (rungs.length < fewestRungs) return [];
    const { name, key, baseline, latency } = workload;
    return [{ workload: name, key, baseline, latency: latency.short, rungs }];
  });
  if (ladders.length === 0) return undefined;
  const byName = new Map(ladders.flatMap(({ rungs }) => rungs).map((rung) => [rung.subject.name, rung]));
  return {
    rungs: inOrder([...byName.values()]).map(({ subject: { title }, isolation }) => ({ title, isolation })),
    workloads: ladders,
    missing: missing.filter(({ name }) => !byName.has(name)),
  };
}

function rungsOf({ subjects, rows }: WorkloadModel): readonly Rung[] {
  const cellOf = (subject: Subject, key: MetricKey): MetricCell | undefined =>
    rows.find(({ metric }) => metric.key === key)?.cells.find((cell) => cell.subject === subject);
  return inOrder(
    subjects.flatMap((subject) => {
      const { isolation } = subject;
      if (isolation === undefined) return [];
      const [startup, throughput, latency] = (['startupMs', 'throughputRps', 'latencyP95Ms'] as const).map((key) =>
        ladderCell(cellOf(subject, key), unitOf(key)),
      );
      if (startup === undefined || throughput === undefined || latency === undefined) return [];
      return [{ subject, isolation, startup, tare: tareCell(subject, cellOf(subject, 'memoryGrossMiB')), throughput, latency }];
    }),
  );
} // prettier-ignore

function inOrder(rungs: readonly Rung[]): readonly Rung[] {
  return rungs.toSorted((a, b) => a.isolation.rung - b.isolation.rung || a.subject.colour - b.subject.colour);
}

function unitOf(key: MetricKey): string {
  return ladderColumns.find((column) => column.key === key)?.unit ?? '';
}

function ladderCell(cell: MetricCell | undefined, unit: string): LadderCell {
  return cellWith(cell, cell?.summary, unit);
}

/** Gross − net, trial by trial. Where only gross is known, the cell has that in words: what is not metered is not guessed. */
function tareCell(subject: Subject, gross: MetricCell | undefined): LadderCell {
  const tares = taresOf(subject, 'memoryGrossMiB');
  if (tares.length > 0) return cellWith(gross, describe(tares), 'MiB');
  const cell = cellWith(gross, gross?.summary, 'MiB');
  return gross?.summary === undefined
    ? cell
    : { ...cell, figure: undefined, ci95: null, text: `gross ${cell.text}`, fullText: `gross ${cell.fullText}` };
} // prettier-ignore

type Estimate = { readonly mean: number; readonly ci95: readonly [number, number] | null };

function cellWith(cell: MetricCell | undefined, estimate: Estimate | undefined, unit: string): LadderCell {
  const comparison = cell?.comparison && asDecided(cell.comparison);
  const shown = estimate === undefined ? undefined : inUnit(estimate, unit);
  return {
    figure: estimate?.mean,
    ci95: estimate?.ci95 ?? null,
    text: shown === undefined ? '–' : figureText(shown.mean, shown.unit),
    fullText: shown === undefined ? '–' : `${figureWithInterval(shown.mean, shown.ci95)} ${shown.unit}`,
    comparison,
    factor: cell?.factor ?? '',
    ratioWords: cell?.comparison === undefined ? '' : `${cell.ratio} ${cell.verdictText}`.trimEnd(),
    verdict: cell?.verdict,
  };
} // prettier-ignore

const longMs = 10_000;

/** "974 ms", and "16.1 s" of what takes long. */
function inUnit({ mean, ci95 }: Estimate, unit: string): Estimate & { readonly unit: string } {
  if (unit !== 'ms' || mean < longMs) return { mean, ci95, unit };
  return { mean: mean / 1000, ci95: ci95 && [ci95[0] / 1000, ci95[1] / 1000], unit: 's' };
}

const kernels: Readonly<Record<Isolation['kernel'], string>> = {
  host: 'the host’s',
  'user space': 'in user space',
  guest: 'its own',
};

/** What isolates a rung, as the cells of a table under {@link isolationHead}. */
export function isolationCells({ kernel, namespaces, seccomp, path }: Isolation): readonly string[] {
  const others = namespaces.filter((name) => name !== 'user');
  return [
    kernels[kernel],
    others.length === 0 ? '–' : others.join(', '),
    namespaces.includes('user') ? 'yes' : '–',
    seccomp ? 'yes' : '–',
    path,
  ];
}

export const isolationHead = [
  'Kernel',
  'Namespaces',
  'User namespace',
  'System calls filtered',
  'Path',
] as const;

/** The same in a line: "the host’s kernel; mount, pid; seccomp; bridge". */
export function isolationWords({ kernel, namespaces, seccomp, path }: Isolation): string {
  const ofKernel = kernel === 'user space' ? 'a kernel in user space' : `${kernels[kernel]} kernel`;
  return [ofKernel, ...(namespaces.length === 0 ? [] : [namespaces.join(', ')]), ...(seccomp ? ['seccomp'] : []), path].join('; ');
} // prettier-ignore

/** What a ladder is, in words that stand before it. */
export function ladderLead({ baseline, rungs, latency }: WorkloadLadder): string {
  const emulated = rungs.filter(({ subject }) => subject.emulated).map(({ subject }) => subject.name);
  return [
    `From the least isolation to the most. Memory tare is what the environment adds to what the app itself uses; its ratio and verdict are those of gross memory where the app uses the same. Ratios are to ${baseline}.`,
    ...(latency === '' ? [] : [`Latency p95: ${latency}.`]),
    ...(emulated.length === 0
      ? []
      : [
          `${listed(emulated)} runs on an emulated processor: its figures measure the emulator and get no verdict.`,
        ]),
  ].join(' ');
}

/** "podman (unavailable): no socket at …". */
export function missingWords({ name, statusText, reason }: MissingEnvironment): string {
  return `${withMarks(name, [statusText])}: ${reason}`;
}
