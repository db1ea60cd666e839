/** What a hypervisor knows of a machine. */
export type MachineDescription = {
  readonly name: string;
  /** What runs the guest's code: KVM, QEMU's emulation, or the processor by the hypervisor's own module. */
  readonly accelerator: 'kvm' | 'tcg' | 'hardware';
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** The run that made it; undefined for one that a user made. */
  readonly runId: string | undefined;
  /** The mark of the process that runs that run. */
  readonly runner: string | undefined;
};

/** Which CPUs of the host carry which part of a VM. */
export type VmPinning = {
  /** CPUs for the vCPU that the app runs on. */
  readonly app: readonly number[];
  /** CPUs for the other vCPUs and the hypervisor's own threads. */
  readonly rest: readonly number[];
};

/** What a provider of Vagrant can do with a machine without starting Vagrant. `id` is what the provider knows it by. */
export interface Hypervisor {
  /** @throws Error when there is no such machine. */
  describe(id: string, signal: AbortSignal): Promise<MachineDescription>;
  state(id: string, signal: AbortSignal): Promise<'running' | 'paused' | 'off'>;
  /** Notes which run has taken over a running machine; the clean-up after the run finds it by that. */
  mark(id: string, runId: string, signal: AbortSignal): Promise<void>;
  /** Freezes a running machine: it keeps its memory and uses no CPU. */
  pause(id: string, signal: AbortSignal): Promise<void>;
  resume(id: string, signal: AbortSignal): Promise<void>;
  /** Switches it off at once, without asking the guest. */
  cut(id: string, signal: AbortSignal): Promise<void>;
  /** The process that runs the guest; undefined when it is off. */
  pid(id: string): number | undefined;
  /** The last lines of its console, or of the hypervisor's log, in one line. Never throws. */
  console(id: string): Promise<string>;
  /** Pins a running machine until it is switched off; vCPU 0 is the app's. Undefined where that cannot be done. */
  readonly pin:
    ((id: string, vcpus: number, pinning: VmPinning, signal: AbortSignal) => Promise<void>) | undefined;
  /** How it is called in the run file. */
  readonly words: {
    readonly process: string;
    readonly paths: Readonly<Record<'guest' | 'forwarded', string>>;
  };
}
