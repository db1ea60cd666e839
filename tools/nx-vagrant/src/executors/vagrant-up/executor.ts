import { dirname, join } from 'node:path';
import { waitForHttp } from '@tare/metrics';
import { executor, lockedNode, messageOf, readRecord, skipWithout } from '@tare/nx-kit';
import { ensureBox } from '../../box.ts';
import { holdApp } from '../../guest/guest-app.ts';
import { guestService, serve } from '../../guest/guest-service.ts';
import { type Accelerator, bringUp } from '../../machine/bring-up.ts';
import { freePort } from '../../machine/free-port.ts';
import {
  machinePlace,
  type MachinePlace,
  machineState,
  machineVariables,
} from '../../machine/machine-place.ts';
import { tables } from '../../options.ts';
import { boxRecordSchema, probeRecordSchema } from '../../records.ts';
import { endRelay, startRelay } from '../../services/relay.ts';
import { artifactOf, chosenServices, noteServices, servedBy, type Service } from '../../services/services.ts';
import { openSsh, type Ssh } from '../../ssh.ts';
import { createVagrant, type Vagrant } from '../../vagrant-client.ts';

const vagrantUp = executor(tables['vagrant-up'], async (options, context, signal) => {
  const at = (path: string): string => join(context.root, path);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const host = readRecord(at(options.probe), probeRecordSchema, 'Run the target vagrant-probe first.');
  if (host.provider === 'none') return skipWithout('vagrant', 'vagrant-up', host);
  const boxFolder = at(options.box);
  const made = readRecord(join(boxFolder, 'box.json'), boxRecordSchema, 'Run the target vagrant-box first.');
  const own = process.env.TARE_BOX;
  const isForwarded = process.env.TARE_FORWARD !== '0';
  const services = chosenServices(options, context, givenPort());
  const bootDeadlineMs = options.bootDeadlineSeconds * 1_000;
  const place = machinePlace(at(options.folder), { provider: host.provider });
  // an ssh of Vagrant's would end when the guest reboots
  const isRelayed = isForwarded && place.provider === 'libvirt';
  const settings = machineVariables({
    box: own ?? made.name,
    ...(made.mode === 'public' && own === undefined ? { boxVersion: made.version } : {}),
    // a public box has none
    ...(made.mode === 'public' && { node: lockedNode(context.root, made.architecture).binary }),
    artifacts: Object.fromEntries(
      services.map(({ workload, path, command }) => [workload, command === undefined ? path : '']),
    ),
    // with all their settings, below
    start: false,
  });
  const forwarding = machineVariables({ forward: isForwarded && !isRelayed && forwardsOf(services) });
  const client = (accelerator?: Accelerator): Vagrant =>
    createVagrant({
      ...place,
      // the user's own variables win
      variables: {
        ...settings,
        ...(accelerator === undefined ? {} : { TARE_DRIVER: accelerator === 'kvm' ? 'kvm' : 'qemu' }),
        ...ownVariables(),
        ...forwarding,
      },
      onLine: say,
      upDeadlineMs: bootDeadlineMs + 60_000,
    });
  if (own === undefined && (await ensureBox(client(), made, boxFolder, signal)))
    say(`box ${made.name} added`);
  await endRelay(place);
  if (isRelayed) for (const { port } of services) await freePort(port, place, say);
  else await haltIfOthersAreForwarded(place, client(), services, signal);
  await bringUp(
    {
      place,
      vagrant: client,
      accelerator: process.env.TARE_DRIVER === undefined ? options.accelerator : undefined,
      records: dirname(boxFolder),
      box: own ?? made.name,
      bootDeadlineMs,
      say,
    },
    signal,
  );
  await noteServices(place, services);
  const config = await client().sshConfig({ signal });
  const ssh = await openSsh(config, { signal });
  try {
    const artifacts = await Promise.all(services.map((service) => artifactOf(service, signal)));
    for (const artifact of artifacts) await holdApp(ssh, artifact, signal);
    const arrangements = services.map(({ dataVariable, variables, guestPort: port }, index) => {
      const artifact = artifacts[index];
      return artifact === undefined ? [] : [{ artifact, dataVariable, variables, port }];
    });
    await serve(ssh, arrangements.flat(), signal);
    if (isRelayed) await startRelay(place, config.hostName, services, signal);
    for (const service of services) {
      if (isForwarded) say(await whereItAnswers(service, ssh, options.healthSeconds * 1_000, signal));
      else
        say(
          `${service.workload} runs in the machine, on its port ${service.guestPort}; no port is forwarded`,
        );
    }
  } catch (error) {
    // what does not answer keeps no port
    await endRelay(place);
    throw error;
  } finally {
    await ssh.close();
  }
  return true;
});

/** VirtualBox forwards the ports that a machine had when it was switched on. */
async function haltIfOthersAreForwarded(
  place: MachinePlace,
  vagrant: Vagrant,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<void> {
  if (place.provider === 'libvirt' || forwardsOf(servedBy(place)) === forwardsOf(services)) return;
  if ((await machineState(place, vagrant, signal)) === 'running') await vagrant.halt({ force: true, signal });
}

function forwardsOf(services: readonly Pick<Service, 'port' | 'guestPort'>[]): string {
  return services.map(({ port, guestPort }) => `${port}:${guestPort}`).join(',');
}

/** @throws Error in one line, with the last lines of its log, when it does not get up. */
async function whereItAnswers(
  { workload, port, health }: Service,
  ssh: Ssh,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(health, `http://127.0.0.1:${port}`);
  try {
    await waitForHttp({ url, since: process.hrtime.bigint(), intervalMs: 200, deadlineMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    const log = await guestService(ssh, workload).lastLog(5, AbortSignal.timeout(30_000));
    const words = log === '' ? 'its log is empty' : `its last lines: ${log.replaceAll('\n', ' | ')}`;
    throw new Error(`${workload} in the machine: ${messageOf(error)}; ${words}`, { cause: error });
  }
  return `${workload} answers at ${url.origin}`;
}

/** The variables that the user set for the Vagrantfile. */
function ownVariables(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('TARE_') && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/**
 * The host's port that `TARE_PORT` gives the first workload.
 * @throws Error in one line when it is no port.
 */
export function givenPort({ TARE_PORT: given }: NodeJS.ProcessEnv = process.env): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given);
  if (/^\d+$/.test(given) && port >= 1 && port <= 65_535) return port;
  throw new Error(`TARE_PORT is "${given}"; expected a port from 1 to 65535`);
}

export default vagrantUp;
