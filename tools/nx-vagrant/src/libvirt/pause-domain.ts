import { virsh } from './virsh.ts';

/**
 * Freezes a running domain: it keeps its memory and uses no CPU.
 * @param domain its name or its UUID.
 */
export async function suspendDomain(domain: string, signal: AbortSignal): Promise<void> {
  await virsh(['suspend', domain], signal);
}

/** Lets a frozen domain go on. */
export async function resumeDomain(domain: string, signal: AbortSignal): Promise<void> {
  await virsh(['resume', domain], signal);
}
