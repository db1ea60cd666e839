import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants } from '@tare/metrics';
import type { Fault } from './fault-list.ts';
import { type Ledger, leftSince, readLedger } from './ledger.ts';
import type { Phase } from './phases.ts';
import { sendAll } from './processes.ts';
import { emptyOut, plainRun, startRun } from './start-run.ts';
import type { Strike } from './strikes.ts';
import { type EnvironmentTraits, type Place, type View, viewOf } from './view.ts';

/** A fault, when it comes and to what. */
export type Combination = {
  readonly fault: Fault;
  readonly phase: Phase;
  readonly environment: string;
  readonly traits: EnvironmentTraits;
};

/** What came of a combination. */
export type Outcome = {
  /** What went otherwise than documented; empty when nothing did. */
  readonly problems: readonly string[];
  /** The last line that the user sees, without what differs from run to run; empty where there is none. */
  readonly says: string;
  readonly endedAfterMs: number;
  /** How long after the end of the run nothing was left; null when something was after ten seconds. */
  readonly cleanAfterMs: number | null;
  /** What was left after that, and after the next start. */
  readonly left: readonly string[];
  readonly leftAfterNextStart: readonly string[];
};

/** How long a run may take to come to a phase, to end after a fault, and to have nothing left then. */
type Deadlines = { readonly phaseMs: number; readonly endMs: number; readonly cleanMs: number };
const usualDeadlines: Deadlines = { phaseMs: 120_000, endMs: 150_000, cleanMs: 10_000 };
// an emulated one boots in a minute, and is removed by a program that takes seconds to start
const machineDeadlines: Deadlines = { phaseMs: 480_000, endMs: 480_000, cleanMs: 60_000 };
const pollMs = 25;
const longestTrace = 1500;
const longestSaying = 400;

/**
 * Starts a run, waits until it is in the phase, does the fault, and looks at what is left.
 * @returns undefined when the run ended before the fault could be done.
 */
export async function attempt(
  { fault, phase, environment, traits }: Combination,
  place: Place,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  await emptyOut(place);
  const readNow = () => readLedger(place, traits.hasMachine);
  const deadlines = traits.hasMachine ? machineDeadlines : usualDeadlines;
  const before = await readNow();
  const cleanedUpNow = () => cleanedUp(readNow, before, deadlines.cleanMs);
  await fault.arrange?.(place);
  let isMended = false;
  const mend = async (): Promise<void> => {
    if (!isMended) await fault.mend?.(place);
    isMended = true;
  };
  const { options = phase.options, rounds = phase.rounds ?? 1 } = fault;
  const run = startRun(place, { ...phase, options, rounds }, environment, fault);
  const view = viewOf(place, { environment, traits }, run.child.pid ?? 0, run.output);
  const problems: string[] = [];
  const endAll = (): void => {
    sendAll(descendants(view.started).toReversed(), 'SIGKILL');
  };
  signal.addEventListener('abort', endAll);
  try {
    let saidBefore = 0;
    const strike: Strike = (of) => {
      // some say why they end before the fault is done
      saidBefore = run.output().length;
      return fault.strike(of);
    };
    const struck = await strikeInPhase(strike, phase, view, run.ended, deadlines.phaseMs, signal);
    if (struck === false) {
      endAll();
      await mend();
      await cleanedUpNow();
      return undefined;
    }
    const struckAt = performance.now();
    const late = sleep(deadlines.endMs, 'late' as const, { ref: false });
    const code = await Promise.race([run.ended, late]);
    if (code === 'late') {
      problems.push(`it had not ended after ${deadlines.endMs / 1000} s`);
      endAll();
    }
    const endedAfterMs = performance.now() - struckAt;
    signal.throwIfAborted();
    await mend();
    const { left, tookMs } = await cleanedUpNow();
    let leftAfterNextStart: readonly string[] = [];
    if (left.length > 0 || fault.mend !== undefined) {
      await emptyOut(place);
      const next = startRun(place, plainRun, environment);
      const nextCode = await next.ended;
      if (nextCode !== 0)
        problems.push(`the next run ended with ${nextCode}: ${lastWords(next.output(), place)}`);
      ({ left: leftAfterNextStart } = await cleanedUpNow());
    }
    if (left.length > 0 && fault.leavesToNextStart !== true) problems.push(`left: ${left.join(', ')}`);
    if (leftAfterNextStart.length > 0)
      problems.push(`left after the next start: ${leftAfterNextStart.join(', ')}`);
    const said = run.output().slice(saidBefore);
    const isTrace = said.split('\n').some((line) => /^\s+at \S/.test(line) && /:\d+:\d+\)?$/.test(line));
    if (isTrace) problems.push(`it printed a stack trace: ${said.slice(0, longestTrace)}`);
    const says = lastWords(typeof struck === 'string' ? struck : said, place);
    if (fault.goesOn === true && code !== 0) problems.push(`it did not go on, but ended with ${code}`);
    if (fault.saysWhy && code !== 0 && says === '') problems.push(`it ended with ${code} and said nothing`);
    return {
      problems: problems.map((each) => neutral(each, place)),
      says,
      endedAfterMs,
      cleanAfterMs: left.length > 0 ? null : tookMs,
      left: left.map((each) => neutral(each, place)),
      leftAfterNextStart,
    };
  } finally {
    signal.removeEventListener('abort', endAll);
    endAll();
    await mend();
  }
}

/** @returns whether it came to that before the run ended. */
async function strikeInPhase(
  strike: Strike,
  { reached }: Phase,
  view: View,
  ended: Promise<unknown>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<boolean | string> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  const deadline = performance.now() + deadlineMs;
  for (; !isOver && performance.now() < deadline; await sleep(pollMs)) {
    signal.throwIfAborted();
    const struck = reached(view) && (await strike(view));
    if (struck !== false) return struck;
  }
  return false;
}

/** Waits until nothing is left, up to a deadline. */
async function cleanedUp(
  readNow: () => Promise<Ledger>,
  before: Ledger,
  deadlineMs: number,
): Promise<{ readonly left: readonly string[]; readonly tookMs: number }> {
  const since = performance.now();
  for (;;) {
    const left = leftSince(before, await readNow());
    const tookMs = performance.now() - since;
    if (left.length === 0 || tookMs > deadlineMs) return { left, tookMs };
    await sleep(pollMs);
  }
}

/** Why a run has ended, or else the last line that is not one of Nx's own; without what differs from run to run. */
export function lastWords(output: string, place: Place): string {
  const lines = output
    .replaceAll(/last log lines:\s+/g, 'last log lines: ')
    .split('\n')
    .map((each) => each.trim())
    .filter(
      (each) =>
        each !== '' &&
        !/^(NX|—|>|✖|✔|\d+\/\d+ |Ran target|Run duration|Cache: |Critical path|Recoverable time|Output of |Failed tasks|With additional|- bench:|Hint:)/.test(
          each,
        ),
    );
  // what an app has said last may go on for many lines
  const why = lines.findLast((line) =>
    /^(no environment can be measured|\S+: failed in round \d+ and is measured no more): /.test(line),
  );
  return neutral(why ?? lines.at(-1) ?? '', place);
}

/** Of a run of its own: its id, times, names that are made up, numbers of processes and ports, figures. */
const ofThisRun = [
  /\b\d{8}-\d{6}-[0-9a-f]{6}\b/g,
  /\b\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|\+0000)/g,
  /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
  /\b[0-9a-f]{8}(?:\.\d+){4}(?:-\w{6})?/g,
  /\b[0-9a-f]{12,64}\b/g,
  /(?<=\b(?:pid|process|processes:) )\d+/g,
  /(?<=:)\d{4,5}\b/g,
  /\b\d+(?:\.\d+)?(?= (?:req\/s|ms)\b)/g,
  /\b\d+(?= trials? in )/g,
  /(?<= trials? in )[\d:]+/g,
];

/** A text without what differs from run to run and from host to host. */
export function neutral(text: string, { workspace, out, temporary }: Place): string {
  const here = text
    .replaceAll(out, 'reports')
    .replaceAll(temporary, '/tmp')
    .replaceAll(dirname(out), '/tmp')
    .replaceAll(`${workspace}/`, '')
    .replaceAll(/\/\S*\/node_modules\//g, 'node_modules/');
  return ofThisRun
    .reduce((masked, pattern) => masked.replaceAll(pattern, '…'), here)
    .replaceAll('… trial in', '… trials in')
    .slice(0, longestSaying);
}
