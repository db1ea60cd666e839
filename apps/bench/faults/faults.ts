/** The fault suite: breaks runs of this project's bench.config.ts in every phase, and looks at what is left. */
import { mkdtemp, mkdir, chmod, readFile, rm } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRunFile, writeAside, writeJson } from '@tare/results';
import { environmentsOf, loadConfig } from '@tare/runner';
import { attempt, type Combination, lastWords, type Outcome } from './attempt.ts';
import { combinationsOf, covering } from './combinations.ts';
import { faults } from './fault-list.ts';
import { canOwnEngine, ownEngine } from './own-engine.ts';
import { keyOf, merged, readResults, type Results, resultsSchema, withTable } from './results.ts';
import { emptyOut, plainRun, startRun } from './start-run.ts';
import type { EnvironmentTraits, Place } from './view.ts';

const workspace = resolve(import.meta.dirname, '../../..');
const resultsPath = join(workspace, 'reports/faults/results.json');
const pagePath = join(workspace, 'docs/reliability.md');

const noLimit = 1_000_000;
const shortMinutes = 5;
/** So long a combination takes where nothing is slow; none is begun that would not be over in time. */
const usualMs = 20_000;

const help = `Usage: nx run bench:faults [options]
Breaks runs of bench.config.ts, and looks at what is left of them on this host.

  --environments=a,b  which ones; by default those that can be up side by side and are not in the ladder, or all
                      with --long
  --long              every fault in every phase of every environment; by default each of them once
  --most=N            no more combinations than that; --minutes=N: as many as go into that time, 5 by default without --long
  --faults=a,b        only these, by the beginning of their names; --phases=a,b likewise
  --untried           only those that reports/faults/results.json does not know yet
  --seed=N            order of the combinations; 1 by default
  --write             adds the outcomes to reports/faults/results.json and docs/reliability.md
`;

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  return 1;
});

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      abort.abort(new Error(`interrupted by ${name}; everything is taken down`));
    });
  const folder = await mkdtemp('/tmp/tf-');
  const place: Place = {
    workspace,
    temporary: join(folder, 't'),
    lock: join(folder, 'lock'),
    out: join(folder, 'out'),
    engine: canOwnEngine() ? ownEngine(join(folder, 'engine')) : undefined,
  };
  try {
    await mkdir(place.lock);
    await mkdir(place.temporary);
    await mkdir(join(folder, 'engine'));
    // others than root run podman:rootless
    for (const each of [folder, place.temporary]) await chmod(each, 0o1777);
    await place.engine?.start();
    return await tryAll(place, options, abort.signal);
  } finally {
    // what was found out counts, whatever becomes of the folder
    await clearAway(folder, place).catch((error: unknown) => {
      say(`the suite's own folder ${folder} could not be removed: ${messageOf(error)}`);
    });
  }
}

async function clearAway(folder: string, { engine }: Place): Promise<void> {
  await engine?.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

type Options = NonNullable<ReturnType<typeof readOptions>>;

function readOptions() {
  const { values } = parseArgs({
    options: {
      environments: { type: 'string' },
      faults: { type: 'string', default: '' },
      phases: { type: 'string', default: '' },
      long: { type: 'boolean', default: false },
      most: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      untried: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (name: 'most' | 'seed' | 'minutes', otherwise: number): number => {
    const text = values[name];
    const number = text === undefined ? otherwise : Number(text);
    if (Number.isInteger(number) && number > 0) return number;
    throw new Error(`--${name}=${text}: expected a whole number from 1`);
  };
  const list = (text: string | undefined): readonly string[] => (text ?? '').split(',').filter(Boolean);
  return {
    ...values,
    environments: list(values.environments),
    faults: list(values.faults),
    phases: list(values.phases),
    most: whole('most', noLimit),
    minutes: whole('minutes', values.long ? noLimit : shortMinutes),
    seed: whole('seed', 1),
  };
}

async function tryAll(place: Place, options: Options, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + options.minutes * 60_000;
  const traits = await usableEnvironments(place, options, signal);
  const known = options.untried ? (await readResults(resultsPath)).map(keyOf) : [];
  const all = combinationsOf(traits, options).filter(
    ({ fault, phase, environment }) =>
      !known.includes(keyOf({ fault: fault.name, phase: phase.name, environment })),
  );
  const ordered = covering(all, options.seed, options.long ? all.length : 0).slice(0, options.most);
  say(`${ordered.length} of ${all.length} combinations`);
  const outcomes: Results['outcomes'] = [];
  let failed = 0;
  let longestMs = usualMs;
  for (const [index, combination] of ordered.entries()) {
    const beganAt = performance.now();
    if (beganAt + longestMs > deadline) {
      say(`time is up: ${ordered.length - index} are left untried`);
      break;
    }
    const { fault, phase, environment } = combination;
    let outcome = await attemptOnce(combination, place, signal);
    const failedFirst = outcome?.problems ?? [];
    // as a test that fails: where nothing real is skipped, the host that runs it all may pause for seconds
    if (failedFirst.length > 0 && process.env.TARE_REQUIRE !== undefined)
      outcome = (await attemptOnce(combination, place, signal)) ?? outcome;
    longestMs = Math.max(longestMs, performance.now() - beganAt);
    const title = `${index + 1}/${ordered.length}  ${fault.name} in ${phase.name} of ${environment}`;
    if (outcome === undefined) {
      say(`${title}: not tried: the run was over before`);
      continue;
    }
    const { problems, says, endedAfterMs, cleanAfterMs, left } = outcome;
    const bad = problems.length > 0;
    if (bad) failed += 1;
    const clean =
      cleanAfterMs === null
        ? `left to the next start: ${left.length}`
        : `clean after ${seconds(cleanAfterMs)}`;
    const again = failedFirst.length > 0 && !bad ? `only when tried again (${failedFirst.join('; ')}): ` : '';
    say(
      `${title}: ${bad ? `FAILED: ${problems.join('; ')}` : `${again}ended after ${seconds(endedAfterMs)}, ${clean}`}; ${says}`,
    );
    const names = { fault: fault.name, phase: phase.name, environment, at: new Date().toISOString() };
    outcomes.push({ ...names, problems: [...problems], says, endedAfterMs, cleanAfterMs, left: [...left] });
    if (options.write) await write(outcomes);
  }
  say(`${outcomes.length} tried, ${outcomes.length - failed} survived`);
  return failed > 0 || outcomes.length === 0 ? 1 : 0;
}

/** What goes wrong with the attempt itself is an outcome, too: the others are still tried. */
async function attemptOnce(
  combination: Combination,
  place: Place,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  try {
    return await attempt(combination, place, signal);
  } catch (error) {
    signal.throwIfAborted();
    return {
      problems: [messageOf(error)],
      says: '',
      endedAfterMs: 0,
      cleanAfterMs: null,
      left: [],
      leftAfterNextStart: [],
    };
  }
}

/** Adds outcomes to the file of results, and to the page. */
async function write(outcomes: Results['outcomes']): Promise<void> {
  const all = merged(await readResults(resultsPath), outcomes);
  const host = `Linux ${release()}, ${arch()}, ${cpus().length} CPUs`;
  await writeJson(resultsSchema, resultsPath, { schema: 1, host, outcomes: all });
  await writeAside(pagePath, withTable(await readFile(pagePath, 'utf8'), faults, all));
}

/** Runs each environment once with nothing that happens to it: what it takes is made then. */
async function usableEnvironments(
  place: Place,
  { environments: wanted, long }: Options,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, EnvironmentTraits>> {
  const path = join(workspace, 'apps/bench/bench.config.ts');
  const config = await loadConfig(path);
  const all = environmentsOf(config);
  const unknown = wanted.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined)
    throw new Error(`--environments=${unknown}: expected some of ${all.map(({ name }) => name).join(',')}`);
  const isCheap = (each: (typeof all)[number]): boolean =>
    each.sideBySide === true && config.environments.includes(each);
  const chosen = all.filter((each) =>
    wanted.length > 0 ? wanted.includes(each.name) : long || isCheap(each),
  );
  const found = new Map<string, EnvironmentTraits>();
  for (const { name } of chosen) {
    signal.throwIfAborted();
    await emptyOut(place);
    const run = startRun(place, plainRun, name);
    const code = await run.ended;
    if (code !== 0) {
      const why = run
        .output()
        .split('\n')
        .find((line) => line.startsWith(`${name}: `) && /not usable|failed/.test(line));
      say(
        `${name}: left out: ${why ?? `a run that nothing happens to ends with ${code}: ${lastWords(run.output(), place)}`}`,
      );
      continue;
    }
    const file = join(place.out, 'latest', 'run.json');
    const [result] = parseRunFile(await readFile(file, 'utf8'), file).environments;
    const { facts = {}, kind, isolation } = result ?? {};
    const engine = 'engine' in facts ? kind : undefined;
    found.set(name, {
      engine,
      isEngineOwn: engine !== undefined && engine === place.engine?.client,
      hasMachine: 'hypervisor' in facts,
      showsApps: isolation?.kernel === 'host',
      isOnLoopback: isolation?.path === 'loopback',
    });
    say(`${name}: goes through`);
  }
  return found;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
