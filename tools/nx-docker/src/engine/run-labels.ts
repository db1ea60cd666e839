import { hostname } from 'node:os';
import { isLeft as hasEnded, thisRunner } from '@tare/environment';
import type { Engine } from './connect-engine.ts';

/** Labels of every container and volume that is made here; a later run finds by them what a killed run left. */
export const runLabel = 'tare.run';
const hostLabel = 'tare.host';
const runnerLabel = 'tare.runner';

/** A filter for what this host made in a run, or in any run if undefined. */
export function labelsOfRun(runId: string | undefined): readonly string[] {
  return [`${hostLabel}=${hostname()}`, runId === undefined ? runLabel : `${runLabel}=${runId}`];
}

type Labels = Readonly<Record<string, string>>;

/** The labels of everything that is made here. */
export function labelsFor(runId: string): Labels {
  return { [runLabel]: runId, [hostLabel]: hostname(), [runnerLabel]: thisRunner() };
}

/** Whether a thing with these labels may be removed, after the given run or after those whose runner is known to have ended. */
export function isLeft(labels: Labels, runId: string | undefined, { address }: Engine): boolean {
  // a socket leads to an engine on this machine
  const isOfThisHost = address.kind === 'socket' && address.machine === undefined;
  return hasEnded({ run: labels[runLabel], runner: labels[runnerLabel] }, runId, isOfThisHost);
}
