import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileProblem, metricCatalogue, writeAside, writeJson } from '@tare/results';
import {
  calibrationPath,
  calibrationSchema,
  isJudged,
  readCalibration,
  type Calibration,
  type Check,
  type CheckItem,
  type Spread,
} from '@tare/results/calibration';
import { figureText } from './check-items.ts';
import type { RealRun } from './real-runs.ts';

/**
 * Writes a calibration as <host fingerprint>.json, and as tables in calibration.md beside it; each whole or not at all. Parts that it
 * did not make are kept from the file before.
 * @returns the path of the JSON file, and what it contains.
 * @throws Error, one line that names the file, when it cannot be written.
 */
export async function writeCalibration(
  folder: string,
  calibration: Calibration,
): Promise<{ readonly path: string; readonly written: Calibration }> {
  const path = calibrationPath(folder, calibration.hostFingerprint);
  // nothing can be kept from a file that is broken, or of another version
  const earlier = await readCalibration(folder, calibration.hostFingerprint).catch(() => null);
  const written = earlier === null ? calibration : withOtherParts(calibration, earlier);
  await writeJson(calibrationSchema, path, written);
  await writeAside(join(folder, 'calibration.md'), calibrationMarkdown(written));
  return { path, written };
}

/** A calibration, with what an earlier one of the same host found in the parts that it did not make. */
function withOtherParts(calibration: Calibration, earlier: Calibration): Calibration {
  const own = new Set(calibration.checks.map(({ part }) => part));
  const isKept = ({ part }: Pick<Check, 'part'>): boolean => !own.has(part);
  return {
    ...(earlier.power !== undefined && !own.has('power') && { power: earlier.power }),
    ...calibration,
    checks: [
      ...earlier.checks.filter(isKept).map((check) => ({ keptFrom: earlier.finishedAt, ...check })),
      ...calibration.checks,
    ],
    shares: [...earlier.shares.filter(isKept), ...calibration.shares],
    spreads: own.has('aa') ? calibration.spreads : earlier.spreads,
  };
}

/** Renders a calibration as a page of tables for readers and reviewers. */
export function calibrationMarkdown(calibration: Calibration): string {
  const { checks, spreads, host, startedAt, hostFingerprint, seed } = calibration;
  return `${[
    '# Calibration',
    `Made on ${startedAt.slice(0, 10)} on ${escaped(host.cpuModel)}, ${host.cores} CPUs, ${escaped(host.kernel)}, Node ${escaped(host.node)} (host ${hostFingerprint}), seed ${seed}. What Tare reports is held against what is known to be true.`,
    table(
      ['Check', 'Result'],
      checks.map((check) => [escaped(check.title), resultText(check)]),
    ),
    limitsText(spreads),
    ...checks.map(checkSection),
    ...(spreads.length === 0 ? [] : [powerSection(spreads)]),
  ].join('\n\n')}\n`;
}

function resultText(check: Check): string {
  const kept = check.keptFrom === undefined ? '' : `, on ${check.keptFrom.slice(0, 10)}`;
  if (check.status === 'not-made') return `not made${kept}: ${escaped(check.reason)}`;
  if (!check.passed) return `**failed**${kept}`;
  return `${isJudged(check) ? 'passed' : 'shown, not judged'}${kept}`;
}

function checkSection(check: Check): string {
  const head = `## ${escaped(check.title)}`;
  if (check.status === 'not-made') return `${head}\n\nNot made: ${escaped(check.reason)}.`;
  const lines = table(
    ['What', `Reported (${check.unit})`, `Truth (${check.unit})`, 'Error', 'Limit', 'Result'],
    check.items.map(itemCells),
  );
  const notes = check.notes.map(escaped);
  return [head, ...(check.items.length === 0 ? [] : [lines]), ...notes].join('\n\n');
}

function itemCells({ what, reported, truth, errorText, limitText, passed }: CheckItem): readonly string[] {
  const result = passed === null ? '' : passed ? 'passed' : '**failed**';
  return [
    escaped(what),
    figureText(reported),
    truth === null ? '' : figureText(truth),
    escaped(errorText),
    escaped(limitText),
    result,
  ];
}

function powerSection(spreads: readonly Spread[]): string {
  const differences = spreads[0]?.power.map(({ differencePercent }) => `${differencePercent} %`) ?? [];
  const rows = spreads.map(({ metric, rounds, logRatioStdev, comparisons, power }) => [
    escaped(labelOf(metric)),
    String(rounds),
    `${figureText(logRatioStdev * 100)} %`,
    String(comparisons),
    ...power.map(({ powerPercent }) => `${powerPercent.toFixed(0)} %`),
  ]);
  return [
    '## What a run sees on this host',
    'Chance that a run of that many rounds finds a true difference (p < 0.05, not adjusted), from the spread of the real A/A comparisons over rounds.',
    table(['Metric', 'Rounds', 'Spread', 'Comparisons', ...differences], rows),
  ].join('\n\n');
}

function limitsText(spreads: readonly Spread[]): string {
  const throughput = spreads.find(({ metric }) => metric === 'throughputRps');
  const noise =
    throughput === undefined
      ? 'Without real comparisons nothing is known of this host’s own noise.'
      : `On this host the ratio of two equal copies varies by ${figureText(throughput.logRatioStdev * 100)} % from round to round in throughput; the differences that a run can see follow from that, and more rounds are the only remedy that does not need a quieter host.`;
  return `What limits these figures: the clocks of timers (1 ms) and of the kernel’s accounting, the time that a request takes on its way, and above all what else this host does. ${noise} Simulated comparisons have a fixed seed and come out the same every time; they test the procedure, not the host. Real comparisons test both, and there are only as many as the budget allows.`;
}

function labelOf(metric: string): string {
  return metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text from elsewhere, such as the model of a CPU, must not be read as Markdown or HTML. */
function escaped(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|*_`<>[\]#]/g, '\\$&');
}

/** A line of the journal, which keeps the results so far in case the calibration does not finish. */
type JournalLine =
  { readonly kind: 'check'; readonly check: Check } | { readonly kind: 'run'; readonly run: RealRun };

/**
 * Appends a line to calibration.jsonl and flushes it; creates the folder.
 * @throws Error, one line that names the file, when it cannot be written.
 */
export async function journalCalibration(folder: string, line: JournalLine): Promise<void> {
  const path = join(folder, 'calibration.jsonl');
  try {
    await mkdir(folder, { recursive: true });
    await appendFile(path, `${JSON.stringify(line)}\n`, { flush: true });
  } catch (cause) {
    throw fileProblem(path, 'not written', cause);
  }
}
