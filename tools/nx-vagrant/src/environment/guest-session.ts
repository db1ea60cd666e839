import { openGuestSampler, samplerCommand, type GuestSampler } from '../guest/guest-sampler.ts';
import { guestService, type GuestService } from '../guest/guest-service.ts';
import { openSsh, type Ssh } from '../ssh/open-ssh.ts';
import type { VagrantMachine } from './vagrant-machine.ts';

/** An open way into the running guest: a connection, a workload's service, and the process that samples it. */
export type GuestSession = {
  readonly ssh: Ssh;
  readonly service: GuestService;
  readonly sampler: GuestSampler;
  /** Never throws; may be called twice. */
  close(): Promise<void>;
};

/** The app runs on the guest's CPU 0. */
const samplerCpu = 1;

/**
 * Opens a session.
 * @param begin what to do in the guest before the sampler is started.
 * @throws Error when the guest cannot be reached; nothing is left open then.
 */
export async function openGuestSession(
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
