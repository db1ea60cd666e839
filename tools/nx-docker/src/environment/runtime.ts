import { existsSync } from 'node:fs';
import type { Obstacle } from '@tare/environment';
import { findProgram } from '@tare/metrics';
import { isDebianFamily, messageOf } from '@tare/nx-kit';
import { nameEngine } from '../engine/engine-address.ts';
import type { EngineSource, EngineTraits, SourceProbe } from '../engine/engine-source.ts';
import { tryContainer } from '../engine/try-container.ts';

type Found = Extract<SourceProbe, { readonly usable: true }>;

/** Runtimes whose apps have a kernel of their own, by their program. All others share the host's: runc, crun, youki. */
const kinds = [
  {
    pattern: /runsc|gvisor/,
    kernel: 'user space',
    rung: 60,
    netHidden: 'gVisor runs the app in the processes that are its kernel, too: net is not known',
  },
  {
    pattern: /kata/,
    kernel: 'guest',
    rung: 80,
    netHidden: 'Kata runs the app in a virtual machine that the host cannot look into: net is not known',
  },
] as const;

/** What is called otherwise than its program, in the names of environments. */
const familiarNames: Readonly<Record<string, string>> = { runsc: 'gvisor' };

/** A runtime in the engine's configuration. */
type RuntimeEntry = { readonly path: string; readonly runtimeArgs?: readonly string[] };

/** What Debian's packages want there. */
const knownEntries: Readonly<Record<string, RuntimeEntry>> = {
  // the sandbox's own network does not start in the network namespace that an engine makes
  runsc: { path: '/usr/bin/runsc', runtimeArgs: ['--network=host'] },
  crun: { path: '/usr/bin/crun' },
};

/**
 * The same engine, whose containers run by a runtime; by its own default where none is named. A runtime that is named is tried once:
 * only a container that has been started tells whether it works.
 */
export function withRuntime(source: EngineSource, runtime: string | undefined): EngineSource {
  if (runtime !== undefined && !/^[\w.-]+$/.test(runtime)) {
    throw new Error(
      `docker: runtime is ${JSON.stringify(runtime)}; expected a name of the engine's, such as "runsc"`,
    );
  }
  let isTried = runtime === undefined;
  const find =
    (finding: EngineSource['probe']) =>
    async (signal: AbortSignal): Promise<SourceProbe> => {
      const found = await finding(signal);
      if (!found.usable) return found;
      const obstacle =
        isTried || runtime === undefined ? undefined : await obstacleTo(runtime, found, signal);
      if (obstacle !== undefined) return { usable: false, ...obstacle };
      isTried = true;
      return { ...found, traits: traitsOf(runtime, found) };
    };
  return {
    ...source,
    name: runtime === undefined ? source.name : `${source.name}:${familiarNames[runtime] ?? runtime}`,
    probe: find((signal) => source.probe(signal)),
    connect: find((signal) => source.connect(signal)),
  };
}

/** What containers of a runtime are like. */
function traitsOf(runtime: string | undefined, { facts, traits }: Found): EngineTraits {
  const name = runtime ?? facts.defaultRuntime;
  // its name is the user's choice, its program is not
  const program = facts.runtimes[name]?.path?.split('/').at(-1) ?? name;
  const special = kinds.find(({ pattern }) => pattern.test(program));
  return {
    ...traits,
    ...(special && { kernel: special.kernel, rung: special.rung, netHidden: special.netHidden }),
    hostConfig: { ...traits.hostConfig, ...(runtime !== undefined && { Runtime: runtime }) },
    facts: { ...traits.facts, runtime: name, ...(special && { net: special.netHidden }) },
  };
}

async function obstacleTo(
  runtime: string,
  { engine, facts }: Found,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const place = nameEngine(engine.address);
  // the name of a shim, "io.containerd.kata.v2", need not be configured
  if (facts.runtimes[runtime] === undefined && !runtime.includes('.')) {
    const known = Object.keys(facts.runtimes).sort().join(', ');
    return {
      reason: `${place} has no runtime ${JSON.stringify(runtime)}; it has ${known}`,
      remedy: `${installed(runtime)}${configured(runtime)}`,
    };
  }
  try {
    await tryContainer(engine, facts.architecture, { HostConfig: { Runtime: runtime } }, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const said = messageOf(error);
    return {
      reason: `the runtime ${runtime} of ${place} does not start a container: ${plainReason(said)}`,
      remedy: remedyFor(runtime, facts.runtimes[runtime]?.path, said),
    };
  }
}

/** What the runtime said, without what containerd puts around it. */
export function plainReason(said: string): string {
  return said
    .replace(/^failed to create (?:shim )?task(?: for container)?: /, '')
    .replace(/^OCI runtime \w+ failed: /, '')
    .replace(/: unknown$/, '');
}

function remedyFor(runtime: string, path: string | undefined, said: string): string {
  if (said.includes('cgroups in hybrid mode not supported')) {
    return `${runtime} needs a host with cgroup v2 alone: start the kernel with systemd.unified_cgroup_hierarchy=1, or use runc: docker().`;
  }
  if (said.includes('cannot run with network enabled in root network namespace'))
    return configured(runtime, { path: path ?? '/usr/bin/runsc', runtimeArgs: ['--network=host'] });
  if (/no such file or directory|executable file not found/.test(said) && findProgram(runtime) === undefined)
    return `${installed(runtime)}${configured(runtime)}`;
  return configured(runtime);
}

/** The lines that an engine needs to know a runtime. */
function configured(runtime: string, entry: RuntimeEntry = entryOf(runtime)): string {
  const lines = JSON.stringify({ runtimes: { [runtime]: entry } });
  const script = 'environments/setup-debian.sh';
  const does = knownEntries[runtime] !== undefined && isDebianFamily() && existsSync(script);
  const remedy = `Add to /etc/docker/daemon.json: ${lines}; then let the engine read it: \`kill -HUP $(pidof dockerd)\`.`;
  return does
    ? `${remedy} Or have both done: \`sudo ${script} --engine-config --reload ${familiarNames[runtime] ?? runtime}\`.`
    : remedy;
}

function entryOf(runtime: string): RuntimeEntry {
  return knownEntries[runtime] ?? { path: findProgram(runtime) ?? `/usr/bin/${runtime}` };
}

function installed(runtime: string): string {
  return findProgram(runtime) === undefined && isDebianFamily() ? `\`apt-get install -y ${runtime}\`. ` : '';
}
