import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeRecord } from '@tare/recipe';
import { z } from 'zod';
import { domainAddresses, domainPid } from '../libvirt/domain.ts';
import { machineId } from '../machine/machine-id.ts';

/** What runs the guest's code: the processor (KVM), or QEMU's translator (TCG), which emulates it. */
export type Accelerator = 'kvm' | 'tcg';

/** An accelerator, and why this one. */
export type AcceleratorChoice = { readonly accelerator: Accelerator; readonly reason: string };

const outcomeSchema = z.strictObject({
  accelerator: z.enum(['kvm', 'tcg']),
  reason: z.string(),
  /** The host's kernel: on another one it is tried again. */
  kernel: z.string(),
  box: z.string(),
});

// with KVM a guest asks for an address 2 to 5 s after it is switched on
const addressDeadlineMs = 25_000;
const watchIntervalMs = 500;

/** @returns whether this process may use /dev/kvm: a guest need not boot with it all the same. */
export function kvmDevice(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns how an earlier boot of this box on this kernel came out; undefined when none has been tried. */
export function rememberedChoice(records: string, box: string): AcceleratorChoice | undefined {
  try {
    const found = outcomeSchema.parse(JSON.parse(readFileSync(outcomePath(records), 'utf8')));
    if (found.kernel !== release() || found.box !== box) return undefined;
    return { accelerator: found.accelerator, reason: found.reason };
  } catch {
    // none, or of another version of this suite: the boot tells again
    return undefined;
  }
}

/** Keeps how a boot came out for later runs on this host: a boot that hangs costs half a minute. */
export function rememberChoice(records: string, box: string, choice: AcceleratorChoice): void {
  writeRecord(outcomePath(records), { ...choice, kernel: release(), box });
}

/**
 * Watches a machine that is being booted, until it has been switched on and has asked for an address.
 * @throws Error when it does not within 25 s of its power on; or the signal's reason.
 */
export async function awaitGuestNetwork(folder: string, signal: AbortSignal): Promise<void> {
  let deadline: number | undefined;
  for (;;) {
    await sleep(watchIntervalMs, undefined, { signal });
    const domain = machineId(folder);
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
