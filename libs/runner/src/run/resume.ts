import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isWhole, type JournalContent, type JournalHeader, readJournal, roundsIn } from '@tare/results';
import { type Overrides, overridesSchema } from '../config/overrides.ts';
import type { WeightedRequest } from '../config/workload.ts';
import type { PreparedConfig } from '../trial/trial.ts';
import type { ResolvedConfig } from '../config/bench-config.ts';
import { describeConfig, hostFacts } from './describe-config.ts';
import type { Preparation } from './launch-workload.ts';
import type { Unusable, Usable } from './run-events.ts';

/**
 * Finds the run to go on with.
 * @param asked its id, or "true" for the newest that did not end.
 * @throws Error in one line when there is none, when it has ended, or when it is no run that can go on.
 */
export async function findInterrupted(runsFolder: string, asked: string | true): Promise<JournalContent> {
  if (asked !== true) {
    const content = await readJournal(join(runsFolder, requireId(asked)));
    const { asks } = content.header;
    if (asks !== 'run') throw new Error(`--resume=${asked}: it is a run of the ${asks}, which is made anew`);
    if (await isWritten(runsFolder, content))
      throw new Error(`--resume=${asked}: this run has ended: nx run bench:report --run=${asked} shows it`);
    return content;
  }
  const names = await readdir(runsFolder).catch((): string[] => []);
  for (const name of names.toSorted().toReversed()) {
    const content = await readJournal(join(runsFolder, name)).catch(() => undefined);
    if (content?.header.asks !== 'run' || (await isWritten(runsFolder, content))) continue;
    return content;
  }
  throw new Error(`--resume: no run in ${runsFolder} was interrupted`);
}

function requireId(asked: string): string {
  if (/^\w[\w.-]*$/.test(asked)) return asked;
  throw new Error(`--resume=${asked}: expected the id of a run: nx run bench:runs lists them`);
}

/** Whether it has ended, and its run file is there. */
async function isWritten(runsFolder: string, content: JournalContent): Promise<boolean> {
  return isWhole(content) && (await readdir(join(runsFolder, content.header.id))).includes('run.json');
}

/**
 * The command line of a run, to go on with it: what is given beside it must come to the same. Which other hosts may be loaded is
 * never remembered: whoever starts a run says so.
 */
export function overridesOf({ seed, config }: JournalHeader, given: Overrides): Overrides {
  const { allowRemote, budget, ...recorded } = overridesSchema.parse(config.options ?? {});
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...recorded,
    // a number of rounds is an end of its own
    ...(budget !== undefined && recorded.rounds === undefined && { budget }),
    seed,
    baseline: config.baseline,
    ...Object.fromEntries(said),
  };
}

/** Whether an environment is still measured; the baseline is for the sake of its control. */
export function isNeeded({ header, lines }: JournalContent, name: string): boolean {
  const isMeasured = header.environments.some((each) => each.name === name && each.status === 'measured');
  const isLost = roundsIn(lines).some(({ lost }) => lost.some((each) => each.name === name));
  return isMeasured && (!isLost || name === header.config.baseline);
}

/** @throws Error in one line for an environment of the run that cannot be measured any more. */
export function requireStillUsable({ header }: JournalContent, [gone]: readonly Unusable[]): void {
  if (gone === undefined) return;
  const { name, reason, remedy } = gone;
  throw new Error(
    `--resume=${header.id}: ${name} was measured in this run and cannot be now: ${reason}${remedy === undefined ? '' : `. Remedy: ${remedy}`}`,
  );
}

const bytesPerGiB = 1024;

/**
 * A run goes on only as it was: on this host, with this configuration, and the same bytes.
 * @throws Error in one line that names the first difference.
 */
export async function requireSameRun(
  { header }: JournalContent,
  config: ResolvedConfig,
  { artifacts, context, generatorCpus, requests }: Preparation,
): Promise<void> {
  const prepared: PreparedConfig = {
    ...config,
    load: { ...config.load, warmupMs: config.load.warmupMs ?? 0 },
  };
  const now = describeConfig(prepared, context, generatorCpus, header.config.control ?? undefined, requests);
  const parts = [
    ['this host', ofHost(header.host), ofHost(await hostFacts())],
    ['the configuration', ofConfig(header.config), ofConfig(now)],
    ['the configuration', { wanted: header.wanted }, { wanted: wantedOf(config) }],
    ['the configuration', { control: header.config.control !== null }, { control: config.control }],
    ['the margins', header.margins, config.margins],
    ['the requests', header.requests, digestsOf(requests)],
    [
      'the app',
      Object.fromEntries(Object.entries(header.artifacts).map(([name, { sha256 }]) => [name, sha256])),
      Object.fromEntries([...artifacts].map(([name, { sha256 }]) => [name, sha256])),
    ],
  ] as const;
  for (const [what, then, today] of parts) requireSame(header.id, what, then, today);
}

/** @throws Error in one line when an environment is another version or runs other bytes than before. */
export function requireSameEnvironments({ id, environments }: JournalHeader, able: readonly Usable[]): void {
  for (const { name, facts, status } of environments) {
    const now = able.find(({ environment }) => environment.name === name);
    if (status === 'measured' && now !== undefined)
      requireSame(id, name, withoutFigures(facts), withoutFigures(now.facts));
  }
}

/** What an environment says in figures it has measured: it differs from time to time. */
function withoutFigures(facts: Usable['facts']): object {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => typeof value !== 'number'));
}

/** A kernel may keep a little more of the memory to itself after a boot. */
function ofHost({ memoryMiB, ...host }: JournalHeader['host']): object {
  return { ...host, memoryGiB: Math.round(memoryMiB / bytesPerGiB) };
}

/** Without what the seed and the hosts that may be loaded are, of which another place knows. */
function ofConfig({ options = {}, control, ...config }: JournalHeader['config']): object {
  const { seed, allowRemote, budget, baseline, ...others } = options;
  return { ...config, options: others };
}

function requireSame(id: string, what: string, then: object, now: object): void {
  const before = leavesOf(then);
  const after = leavesOf(now);
  const different = [...new Set([...before.keys(), ...after.keys()])].find(
    (place) => before.get(place) !== after.get(place),
  );
  if (different === undefined) return;
  const shown = (leaves: ReadonlyMap<string, string>): string => leaves.get(different) ?? 'nothing';
  throw new Error(
    `--resume=${id}: ${what} has changed since the run began: ${different} was ${shown(before)} and is ${shown(after)}; a run can continue only as it was; start another`,
  );
}

/** The values of some plain data by their places: "load.connections" → "8". */
function leavesOf(data: object, place = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(data as Readonly<Record<string, unknown>>).flatMap(([key, value]) => {
      if (value === undefined) return [];
      if (typeof value !== 'object' || value === null)
        return [[`${place}${key}`, JSON.stringify(value)] as const];
      return [...leavesOf(value, `${place}${key}.`)];
    }),
  );
}

/** How many rounds a run is to have, as plain data. */
export function wantedOf({ rounds }: Pick<ResolvedConfig, 'rounds'>): JournalHeader['wanted'] {
  if (rounds.kind === 'fixed') return { kind: 'fixed', rounds: rounds.rounds };
  const { looks, max, calm, until } = rounds;
  return {
    kind: 'looks',
    ...(looks !== undefined && { looks: [...looks] }),
    max,
    ...(calm !== undefined && { calm }),
    until,
  };
}

/** What stands for the mix of each workload, bodies and all. */
export function digestsOf(
  requests: ReadonlyMap<string, readonly WeightedRequest[]>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...requests].map(([name, mix]) => [
      name,
      createHash('sha256').update(JSON.stringify(mix)).digest('hex'),
    ]),
  );
}
