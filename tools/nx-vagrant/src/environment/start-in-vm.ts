import { choosePort, type Instance, type Launch, type WantedPort } from '@tare/environment';
import { openGuestSampler, samplerCommand } from '../guest/guest-sampler.ts';
import { type ArmedStart, guestPort, guestService, type GuestService } from '../guest/guest-service.ts';
import { openSsh } from '../ssh.ts';
import { guestAnswers, openTunnel, type Tunnel } from './tunnel.ts';
import type { VagrantMachine } from './vagrant-machine.ts';
import { vmInstance, type GuestSession, whyGone } from './vm-instance.ts';

/** What to start, and how requests reach it. */
type VmLaunch = { readonly machine: VagrantMachine; readonly path: VmPath; readonly launch: Launch };

type Way = {
  readonly url: URL;
  readonly tunnel: (() => Tunnel) | undefined;
};

/**
 * A cold start. Shuts the machine down, then starts the clock at `vagrant up --provision`, which runs in the background
 * while the caller polls.
 */
export async function coldStart({ machine, path, launch }: VmLaunch, signal: AbortSignal): Promise<Instance> {
  const { artifact, context } = launch;
  const giveUp = new AbortController();
  const either = AbortSignal.any([signal, giveUp.signal]);
  const way = await wayTo(machine, path, launch, either);
  await machine.wake(artifact.workload, context, signal);
  const ssh = await openSsh(machine.sshConfig(), { signal });
  try {
    const service = guestService(ssh, artifact.workload);
    // the boot may have started it
    await service.stop(signal);
    await service.arrange(launch, signal);
  } finally {
    await ssh.close();
  }
  await machine.halt(signal);
  const spawnedAt = process.hrtime.bigint();
  const command = machine.boot(artifact.workload, context, either);
  const session = command.then(() =>
    openGuestSession(machine, artifact.workload, () => Promise.resolve(), either),
  );
  // `ended` reports the failure, and so do the meters
  session.catch(() => undefined);
  const tunnel = way.tunnel?.();
  const reachable = tunnel?.open ?? guestAnswers(way.url.hostname, Number(way.url.port), either);
  reachable.catch(() => undefined);
  return vmInstance({
    startKind: 'cold',
    reachable,
    machine,
    url: way.url,
    spawnedAt,
    command,
    session,
    tunnel,
    giveUp,
    wanted: wantedPort(launch),
  });
}

/**
 * A restart: the machine runs, the service does not. The clock starts at `systemctl start` over an open connection. The
 * boot of a machine that is off is not part of it.
 */
export async function restart({ machine, path, launch }: VmLaunch, signal: AbortSignal): Promise<Instance> {
  const { artifact, context } = launch;
  const giveUp = new AbortController();
  const either = AbortSignal.any([signal, giveUp.signal]);
  const way = await wayTo(machine, path, launch, either);
  await machine.wake(artifact.workload, context, signal);
  const tunnel = way.tunnel?.();
  let open: GuestSession | undefined;
  let start: ArmedStart;
  try {
    await tunnel?.open;
    open = await openGuestSession(
      machine,
      artifact.workload,
      async (service) => {
        await service.stop(signal);
        await service.arrange(launch, signal);
      },
      signal,
    );
    start = await open.service.arm(signal);
  } catch (error) {
    await open?.close();
    await tunnel?.close();
    // a paused machine costs nothing until the next start
    await machine.pause(AbortSignal.timeout(30_000)).catch(() => undefined);
    const gone = signal.aborted ? undefined : whyGone(machine);
    throw gone === undefined ? error : new Error(gone, { cause: error });
  }
  const spawnedAt = process.hrtime.bigint();
  const command = start.fire(either);
  command.catch(() => undefined);
  const session = Promise.resolve(open);
  return vmInstance({
    startKind: 'restart',
    reachable: Promise.resolve(),
    machine,
    url: way.url,
    spawnedAt,
    command,
    session,
    tunnel,
    giveUp,
    wanted: wantedPort(launch),
  });
}

function wantedPort({ port }: Launch): WantedPort {
  return { port: port ?? guestPort, isFixed: port !== undefined, address: '0.0.0.0' };
}

async function wayTo(
  machine: VagrantMachine,
  path: VmPath,
  { port, context }: Launch,
  signal: AbortSignal,
): Promise<Way> {
  const config = machine.sshConfig();
  const appPort = port ?? guestPort;
  if (path === 'guest') return { url: new URL(`http://${machine.address()}:${appPort}/`), tunnel: undefined };
  const forwarded = machine.forwardedPort();
  if (forwarded !== undefined && appPort !== guestPort)
    throw new Error(
      `the app listens on ${appPort}, VirtualBox forwards to ${guestPort}: use vagrant() without path`,
    );
  if (forwarded !== undefined) return { url: new URL(`http://127.0.0.1:${forwarded}/`), tunnel: undefined };
  const chosen = await choosePort(port);
  return {
    url: new URL(`http://127.0.0.1:${chosen}/`),
    tunnel: () => openTunnel(config, { from: chosen, to: appPort }, context.runId, signal),
  };
}

/** How requests reach the app in a VM: by an address of the guest, or by a port of the host that is forwarded to it. */
export type VmPath = 'guest' | 'forwarded';

/** The app runs on the guest's CPU 0. */
const samplerCpu = 1;

/**
 * Opens a session.
 * @param begin runs in the guest before the sampler starts.
 * @throws Error when the guest cannot be reached; nothing is left open then.
 */
async function openGuestSession(
  machine: VagrantMachine,
  workload: string,
  begin: (service: GuestService) => Promise<void>,
  signal: AbortSignal,
): Promise<GuestSession> {
  const ssh = await openSsh(machine.sshConfig(), { signal });
  try {
    const service = guestService(ssh, workload);
    await begin(service);
    const sampler = await openGuestSampler(
      ssh.spawn(samplerCommand(service.cgroupFolder, { asRoot: true, cpu: samplerCpu })),
      signal,
    );
    return {
      ssh,
      service,
      sampler,
      close: async () => {
        await sampler.close();
        await ssh.close();
      },
    };
  } catch (error) {
    await ssh.close();
    throw error;
  }
}
