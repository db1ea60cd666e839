import { readFileSync } from 'node:fs';
import {
  type Instance,
  type Meters,
  type Milestone,
  type StartKind,
  type WantedPort,
  wrongPort,
} from '@tare/environment';
import { filesMeter, findProcess, processMeter } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import { guestMilestones } from '../guest/guest-account.ts';
import type { GuestSampler } from '../guest/guest-sampler.ts';
import type { GuestService } from '../guest/guest-service.ts';
import type { Ssh } from '../ssh.ts';
import type { Tunnel } from './tunnel.ts';
import type { VagrantMachine } from './vagrant-machine.ts';

/** An open way into the running guest: a connection, a workload's service, and the process that samples it. */
export type GuestSession = {
  readonly ssh: Ssh;
  readonly service: GuestService;
  readonly sampler: GuestSampler;
  /** Never throws; may be called twice. */
  close(): Promise<void>;
};

/** An app that is being started in a VM. */
type VmStart = {
  readonly startKind: StartKind;
  readonly machine: VagrantMachine;
  readonly url: URL;
  readonly spawnedAt: bigint;
  /** Resolves when a poll of the URL makes sense. */
  readonly reachable: Promise<void>;
  /** Settles when the start command has returned. */
  readonly command: Promise<void>;
  /** The way into the guest: at once for a restart, after the boot for a cold start. */
  readonly session: Promise<GuestSession>;
  readonly tunnel: Tunnel | undefined;
  readonly wanted: WantedPort;
  /** Ends the start command and the opening of the session. */
  readonly giveUp: AbortController;
};

const logLines = 50;
const askDeadlineMs = 30_000;
const stopDeadlineMs = 60_000;
const watchIntervalMs = 500;

/** Makes an {@link Instance} of a start. */
export function vmInstance(start: VmStart): Instance {
  const { startKind, machine, spawnedAt, session, tunnel, giveUp } = start;
  const stopped = Promise.withResolvers<string>();
  const soon = (): AbortSignal => AbortSignal.timeout(askDeadlineMs);
  let meters: Meters | undefined;
  let milestones: readonly Milestone[] | undefined;
  let finalLog: string | undefined;
  let stopping: Promise<void> | undefined;
  let open: GuestSession | undefined;
  session.then(
    (opened) => (open = opened),
    // `ended` reports the failure
    () => undefined,
  );

  const account = async (): Promise<readonly Milestone[]> => {
    const { service, sampler } = await session;
    const cold = startKind === 'cold';
    const pid = cold ? machine.hypervisor.pid(machine.id()) : undefined;
    const powerOnNs = pid === undefined ? undefined : processStartNs(pid);
    const inGuest = guestMilestones(await service.account(cold, soon()), {
      spawnedAt,
      offset: sampler.offset,
      ...(powerOnNs === undefined ? {} : { powerOnNs }),
    });
    const openedAtNs = tunnel?.openedAtNs();
    // before a restart the tunnel opens ahead of the clock
    if (openedAtNs === undefined || openedAtNs < spawnedAt) return inGuest;
    const opened = { name: 'tunnel', atMs: Number(openedAtNs - spawnedAt) / 1e6 };
    return [...inGuest, opened].sort((a, b) => a.atMs - b.atMs);
  };
  // one that is gone is not asked: that takes until the connection breaks
  const isOn = (): boolean => whyGone(machine) === undefined;
  const lastLog = async (): Promise<string> => {
    if (finalLog !== undefined) return finalLog;
    const log = isOn() ? await open?.service.lastLog(logLines, soon()).catch(() => undefined) : undefined;
    return log ?? `(console of the VM) ${await machine.hypervisor.console(machine.id())}`;
  };
  const tidyUp = async (): Promise<void> => {
    const signal = AbortSignal.timeout(stopDeadlineMs);
    // first of all: whatever breaks from now on has not ended by itself
    stopped.resolve('the VM was stopped');
    if (open === undefined) {
      // it still boots, or it does not answer
      giveUp.abort(new Error('the VM was stopped'));
      await Promise.allSettled([start.command, session]);
      await (await session.catch(() => undefined))?.close();
      await machine.cut(signal);
    } else {
      finalLog = await lastLog();
      await meters?.gross?.close();
      await start.command.catch(() => undefined);
      try {
        if (!isOn()) throw new Error('the VM is off');
        await open.service.stop(signal);
        await open.close();
        await machine.pause(signal);
      } catch {
        // a guest that does not answer has to boot again
        await open.close();
        await machine.cut(signal);
      }
    }
    await tunnel?.close();
    giveUp.abort();
  };

  return {
    startKind,
    url: start.url,
    spawnedAt,
    started: start.reachable,
    ended: Promise.race([stopped.promise, howItEnds(start)]),
    milestones: async () => (milestones ??= await account()),
    meters: async () => {
      const { sampler } = await session;
      return (meters ??= vmMeters(machine, sampler, tunnel));
    },
    lastLog,
    whyUnreachable: async () => {
      const found = await open?.service.listening(soon()).catch(() => undefined);
      return found && wrongPort(found, start.wanted);
    },
    stop: () => {
      // a stop that failed may be tried again
      stopping ??= tidyUp().catch((error: unknown) => {
        stopping = undefined;
        throw error;
      });
      return stopping;
    },
  };
}

/** Resolves with a reason when the start fails, the service ends, or the VM goes away. Never rejects. */
async function howItEnds({ command, session, machine, giveUp }: VmStart): Promise<string> {
  try {
    const [{ sampler, service }] = await Promise.all([session, command]);
    const pid = machine.hypervisor.pid(machine.id());
    const over = await Promise.race([sampler.over, processEnd(pid, giveUp.signal)]);
    if (over === 'service') {
      return `the service in the VM ${await service.howItEnded(AbortSignal.timeout(askDeadlineMs))}`;
    }
    return whyGone(machine) ?? 'the ssh connection to the VM broke';
  } catch (error) {
    return messageOf(error);
  }
}

/** That a VM is not there any more; undefined while it is. */
export function whyGone(machine: VagrantMachine): string | undefined {
  const { hypervisor } = machine;
  return hypervisor.pid(machine.id()) === undefined
    ? `the VM went away: its ${hypervisor.words.process} has ended`
    : undefined;
}

function processEnd(pid: number | undefined, signal: AbortSignal): Promise<'vm'> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (pid === undefined || findProcess(pid) === undefined) done();
    }, watchIntervalMs);
    const done = (): void => {
      clearInterval(timer);
      resolve('vm');
    };
    timer.unref();
    signal.addEventListener('abort', done, { once: true });
  });
}

/**
 * Opens the meters of a running VM. Net is read in the guest at the host's time. Gross is the hypervisor's process with all its
 * threads, plus the tunnel if requests use one.
 * @throws Error when the VM does not run.
 */
function vmMeters(machine: VagrantMachine, sampler: GuestSampler, tunnel: Tunnel | undefined): Meters {
  const { words } = machine.hypervisor;
  const pid = machine.hypervisor.pid(machine.id());
  if (pid === undefined) throw new Error(`the VM does not run: there is no ${words.process} of it`);
  return {
    net: filesMeter('the app’s processes in the VM, by the VM’s own accounts', {
      read: () => sampler.read(),
      // the session owns the sampler
      close: () => Promise.resolve(),
    }),
    gross: processMeter({
      scope:
        tunnel === undefined ? `the VM’s ${words.process}` : `the VM’s ${words.process} and the tunnel’s ssh`,
      pids: () => [pid, ...(tunnel?.pids() ?? [])],
    }),
  };
}

const ticksPerSecond = 100n;
const nsPerSecond = 1_000_000_000n;

/**
 * When a process began, in nanoseconds of the monotonic clock, to ± 10 ms, the kernel's step (proc_pid_stat(5),
 * starttime). For the hypervisor's process this is the power on of the VM.
 * @returns undefined when it is gone.
 */
function processStartNs(pid: number): bigint | undefined {
  const found = findProcess(pid);
  if (found === undefined) return undefined;
  const upNs = BigInt(Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1e9));
  const startNs = (BigInt(found.startTicks) * nsPerSecond) / ticksPerSecond;
  return process.hrtime.bigint() - (upNs - startNs);
}
