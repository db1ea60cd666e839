import { release } from 'node:os';
import { z } from 'zod';
import { showAddress } from './engine-address.ts';
import { connectEngine, type Engine } from './connect-engine.ts';
import { systemErrorCode } from './engine-error.ts';
import { engineRemedy, hostTraits } from './engine-remedy.ts';

/** An engine that answers, or why none does and what to do. */
export type EngineProbe =
  | { readonly usable: true; readonly engine: Engine; readonly facts: EngineFacts }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

/** What an engine says of itself. */
export type EngineFacts = {
  readonly version: string;
  /** In Docker's words: "amd64", "arm64". */
  readonly architecture: string;
  readonly storageDriver: string;
  readonly cgroupVersion: string;
  /** The engine runs on this very kernel: container addresses and the accounts of its processes are in reach. */
  readonly sameKernel: boolean;
};

const versionAnswer = z.object({
  Version: z.string(),
  Arch: z.string(),
  Os: z.string(),
  KernelVersion: z.string().optional(),
});
const infoAnswer = z.object({ Driver: z.string(), CgroupVersion: z.string().default('unknown') });

/** Asks the host's engine, or the one at `socket`, who it is. Never throws, unless aborted. */
export async function probeEngine(signal: AbortSignal, socket?: string): Promise<EngineProbe> {
  const engine = await connectEngine(socket);
  const place = `no Docker engine at ${showAddress(engine.address)}`;
  try {
    const [version, info] = await Promise.all([
      engine.ask({ method: 'GET', path: '/version', signal }, versionAnswer),
      engine.ask({ method: 'GET', path: '/info', signal }, infoAnswer),
    ]);
    if (version.Os !== 'linux') {
      return {
        usable: false,
        reason: `the Docker engine at ${showAddress(engine.address)} runs ${version.Os} containers`,
        remedy: 'Switch it to Linux containers.',
      };
    }
    const sameKernel =
      process.platform === 'linux' && engine.address.kind === 'socket' && version.KernelVersion === release();
    return {
      usable: true,
      engine,
      facts: {
        version: version.Version,
        architecture: version.Arch,
        storageDriver: info.Driver,
        cgroupVersion: info.CgroupVersion,
        sameKernel,
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    const code = systemErrorCode(error);
    const detail = code ?? (error instanceof Error ? error.message : String(error));
    return { usable: false, reason: `${place} (${detail})`, remedy: engineRemedy(code, hostTraits()) };
  }
}
