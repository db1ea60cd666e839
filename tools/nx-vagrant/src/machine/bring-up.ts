import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess } from '@tare/metrics';
import { messageOf, writeRecord } from '@tare/nx-kit';
import { z } from 'zod';
import { domainAddresses, domainPid } from '../libvirt.ts';
import type { Vagrant } from '../vagrant-client.ts';
import { kvmObstacle } from './kvm.ts';
import { hypervisorOf, machineBox, machineId, type MachinePlace, machineState } from './machine-place.ts';

/** A machine to bring up and provision with what is new. */
type BringUp = {
  readonly place: MachinePlace;
  /** A client for the machine with this accelerator; undefined leaves the choice to the Vagrantfile. */
  readonly vagrant: (accelerator: Accelerator | undefined) => Vagrant;
  /** `auto`: KVM where a guest boots with it, else emulation. undefined leaves it to the Vagrantfile. */
  readonly accelerator: Accelerator | 'auto' | undefined;
  /** Absolute path of the folder that records the result of a boot with KVM. */
  readonly records: string;
  /** Name of the box to make it of. */
  readonly box: string;
  readonly bootDeadlineMs: number;
  readonly say: (line: string) => void;
};

/**
 * Makes a machine run. Reports and provisions a machine that runs already, perhaps left by a killed run; removes one that is
 * made of another box first.
 * @throws Error in one line, and leaves no machine running that this call booted.
 */
export async function bringUp(order: BringUp, signal: AbortSignal): Promise<void> {
  const { place, say } = order;
  const vagrant = order.vagrant(undefined);
  const state = await stateForBox(order, vagrant, signal);
  const id = machineId(place);
  if (state === 'paused' && id !== undefined) await hypervisorOf(place).resume(id, signal);
  if (state === 'running' || state === 'paused') {
    say('the machine runs already; it is provisioned with what is new');
    return vagrant.provision({ signal });
  }
  await boot(order, signal);
}

async function stateForBox(
  { place, box, say }: BringUp,
  vagrant: Vagrant,
  signal: AbortSignal,
): Promise<string> {
  const state = await machineState(place, vagrant, signal);
  const former = machineBox(place);
  if (state === 'not_created' || former === undefined || former === box) return state;
  say(`the machine is made of the box ${former}; it is removed, and made of ${box}`);
  await vagrant.destroy({ signal });
  return 'not_created';
}

async function boot(order: BringUp, signal: AbortSignal): Promise<void> {
  const { place, bootDeadlineMs, records, box, say } = order;
  const start = (accelerator: Accelerator | undefined, watch?: Boot['watch']): Promise<void> =>
    bootMachine(
      {
        vagrant: order.vagrant(accelerator),
        place,
        deadlineMs: bootDeadlineMs,
        ...(watch === undefined ? {} : { watch }),
      },
      signal,
    );
  if (order.accelerator !== 'auto' || place.provider !== 'libvirt')
    return start(order.accelerator === 'auto' ? undefined : order.accelerator);
  const known = kvmObstacle() === undefined ? rememberedChoice(records, box)?.accelerator : 'tcg';
  if (known !== undefined) return start(known);
  let booting = true;
  try {
    await start('kvm', async (watching) => {
      await awaitGuestNetwork(place, watching);
      booting = false;
    });
    await rememberChoice(records, box, { accelerator: 'kvm', reason: 'a guest boots with it' });
  } catch (error) {
    signal.throwIfAborted();
    // a guest with an address runs, so KVM is not what failed
    if (!booting) throw error;
    const reason = `with KVM the guest does not boot: ${messageOf(error)}`;
    say(`${reason}; emulation is tried`);
    await rememberChoice(records, box, { accelerator: 'tcg', reason });
    // a domain made for KVM does not boot without it
    if (machineId(place) !== undefined) await order.vagrant('tcg').destroy({ signal });
    await start('tcg');
  }
}

/** A machine to boot. */
type Boot = {
  readonly vagrant: Vagrant;
  readonly place: MachinePlace;
  /** How long it may take to boot and be provisioned. */
  readonly deadlineMs: number;
  /** Watches the boot; when it rejects, the boot ends with its error. */
  readonly watch?: (signal: AbortSignal) => Promise<void>;
};

/**
 * Boots and provisions a machine. When that fails, takes too long or is aborted, no hypervisor, ssh or Vagrant is left
 * running.
 * @throws Error in one line; for a boot that takes too long, with the last lines of the console.
 */
export async function bootMachine(
  { vagrant, place, deadlineMs, watch }: Boot,
  signal: AbortSignal,
): Promise<void> {
  const givenUp = new AbortController();
  const over = new AbortController();
  const timer = setTimeout(() => {
    void describeDelay(place, deadlineMs).then((line) => {
      givenUp.abort(new Error(line));
    });
  }, deadlineMs);
  for (const watching of [watch, (until: AbortSignal) => refuseEnd(place, until)])
    watching?.(AbortSignal.any([signal, over.signal])).catch((error: unknown) => {
      if (!signal.aborted && !over.signal.aborted) givenUp.abort(error);
    });
  const stop = AbortSignal.any([signal, givenUp.signal]);
  // at once, because Nx gives an interrupted task only seconds; a failure is tried again below
  const cut = (): void => void powerOff(place).catch(() => undefined);
  stop.addEventListener('abort', cut, { once: true });
  try {
    await vagrant.up({ provision: true, signal: stop });
  } catch (error) {
    // Vagrant may have switched it on again
    await powerOff(place);
    throw error;
  } finally {
    stop.removeEventListener('abort', cut);
    clearTimeout(timer);
    over.abort();
  }
}

// Vagrant takes down by itself what it cannot start, and says why
const itsOwnReasonMs = 10_000;

/**
 * Watches the process of a machine that is being booted: Vagrant would wait ten minutes for the address of one that is gone.
 * @throws Error when it was there and is gone for good; or the signal's reason.
 */
async function refuseEnd(place: MachinePlace, signal: AbortSignal): Promise<void> {
  const hypervisor = hypervisorOf(place);
  const find = (): number | undefined => {
    const id = machineId(place);
    return id === undefined ? undefined : hypervisor.pid(id);
  };
  for (let pid = find(); ; pid ??= find()) {
    await sleep(watchIntervalMs, undefined, { signal });
    if (pid === undefined || findProcess(pid) !== undefined) continue;
    await sleep(itsOwnReasonMs, undefined, { signal });
    pid = find();
    if (pid === undefined)
      throw new Error(
        `the VM went away while it booted: its ${hypervisor.words.process} has ended; ${await consoleOf(place)}`,
      );
  }
}

async function describeDelay(place: MachinePlace, deadlineMs: number): Promise<string> {
  return `the machine did not boot within ${deadlineMs / 1_000} s; ${await consoleOf(place)}`;
}

async function consoleOf(place: MachinePlace): Promise<string> {
  const id = machineId(place);
  return id === undefined
    ? 'the hypervisor had not started it'
    : `its console: ${await hypervisorOf(place).console(id)}`;
}

/** Switches off at once, without asking the guest, which may hang. */
async function powerOff(place: MachinePlace): Promise<void> {
  const id = machineId(place);
  if (id === undefined) return;
  try {
    await hypervisorOf(place).cut(id, AbortSignal.timeout(30_000));
  } catch (error) {
    // Vagrant may have taken it down already
    if (!(
      error instanceof Error &&
      /not running|not currently running|failed to get domain|find a registered machine/.test(error.message)
    ))
      throw error;
  }
}

/** What runs the guest's code: the processor (KVM), or QEMU's translator (TCG), which emulates it. */
export type Accelerator = 'kvm' | 'tcg';

/** An accelerator, and why this one. */
type AcceleratorChoice = { readonly accelerator: Accelerator; readonly reason: string };

const outcomeSchema = z.strictObject({
  accelerator: z.enum(['kvm', 'tcg']),
  reason: z.string(),
  /** The host's kernel; another kernel tries again. */
  kernel: z.string(),
  box: z.string(),
});

// with KVM a guest asks for an address 2 to 5 s after it is switched on
const addressDeadlineMs = 25_000;
const watchIntervalMs = 500;

/** @returns the result of an earlier boot of this box on this kernel; undefined if there was none. */
export function rememberedChoice(records: string, box: string): AcceleratorChoice | undefined {
  try {
    const found = outcomeSchema.parse(JSON.parse(readFileSync(outcomePath(records), 'utf8')));
    if (found.kernel !== release() || found.box !== box) return undefined;
    return { accelerator: found.accelerator, reason: found.reason };
  } catch {
    // there is none, or another version of this suite wrote it: the next boot decides again
    return undefined;
  }
}

/** Stores the result of a boot for later runs on this host, because a boot that hangs costs half a minute. */
async function rememberChoice(records: string, box: string, choice: AcceleratorChoice): Promise<void> {
  await writeRecord(outcomePath(records), { ...choice, kernel: release(), box });
}

/**
 * Waits until a machine that is being booted is switched on and has asked for an address.
 * @throws Error when it does not within 25 s of its power on; or the signal's reason.
 */
async function awaitGuestNetwork(place: MachinePlace, signal: AbortSignal): Promise<void> {
  let deadline: number | undefined;
  for (;;) {
    await sleep(watchIntervalMs, undefined, { signal });
    const domain = machineId(place);
    if (domain === undefined || domainPid(domain) === undefined) continue;
    deadline ??= performance.now() + addressDeadlineMs;
    if ((await domainAddresses(domain, signal)).length > 0) return;
    if (performance.now() > deadline)
      throw new Error(
        `/dev/kvm is there, but the guest did not ask for an address within ${addressDeadlineMs / 1000} s of its power on`,
      );
  }
}

function outcomePath(records: string): string {
  return join(records, 'accelerator.json');
}
