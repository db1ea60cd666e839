import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type Command } from '@tare/metrics';
import type { Artifact, FilesArtifact } from './app.ts';
import type { Facts, Launch, Obstacle, RunContext } from './contract.ts';
import { dataFolderWords } from './data-folder.ts';
import { imageCommand, imageDataFolder, imageFacts, imageObstacle, type RootEntry } from './image-command.ts';
import { unpackImage } from './unpack-image.ts';

/** How this host's programs run an app. */
export type HostCommand = Command & {
  /** The folder that it runs in. */
  readonly cwd: string;
  /** Variables besides the common ones: what programs of the host want, what an image brings, where the data is. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether it is to be run in a mount namespace of its own, and by root. */
  readonly isMounting: boolean;
};

/**
 * @param data the variable that names the app's folder for data, if it has one.
 * @param enter how an image becomes the app in its root; by changing into it unless told.
 * @returns the command that runs an app on this host: by the host's programs, or an image by its own.
 */
export function hostCommand(
  { artifact, context, variables, dataVariable = '' }: Launch,
  port: number,
  data: Readonly<Record<string, string>>,
  enter?: RootEntry,
): HostCommand {
  const { nodeBinary, resources } = context;
  switch (artifact.kind) {
    case 'node':
      return {
        file: nodeBinary,
        arguments: [...resources.nodeArguments, artifact.path],
        cwd: '/',
        variables: data,
        isMounting: false,
      };
    case 'files': {
      const { PATH, HOME } = process.env;
      const [program = '', ...rest] = artifact.command;
      const given = rest.map((argument) => withPort(argument, port));
      return {
        ...(program === 'node'
          ? { file: nodeBinary, arguments: [...resources.nodeArguments, ...given] }
          : { file: programPath(artifact, program) ?? program, arguments: given }),
        cwd: artifact.path,
        variables: { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }), ...data },
        isMounting: false,
      };
    }
    case 'image': {
      const given = {
        HOST: '127.0.0.1',
        PORT: String(port),
        ...variables,
        ...(dataVariable !== '' && { [dataVariable]: imageDataFolder }),
      };
      return {
        ...imageCommand(artifact, given, data[dataVariable], enter),
        cwd: '/',
        isMounting: true,
      };
    }
  }
}

/**
 * Makes ready to run an app on this host: unpacks an image.
 * @returns what is to be known of how it is run, for the run file.
 * @throws Error in one line when an image cannot be unpacked.
 */
export async function prepareOnHost(
  artifact: Artifact,
  { nodeVersion }: RunContext,
  signal: AbortSignal,
): Promise<Facts> {
  if (artifact.kind === 'image') {
    await unpackImage(artifact, signal);
    return { ...imageFacts(artifact), data: dataFolderWords };
  }
  const isNode = artifact.kind === 'node' || (artifact.kind === 'files' && artifact.command[0] === 'node');
  return {
    ...(isNode && { nodeVersion }),
    ...(artifact.kind === 'files' && { command: artifact.command.join(' ') }),
    memoryLimit: isNode ? 'heap size only' : 'none',
    data: dataFolderWords,
  };
}

/** @returns an argument with the port in the place of `$PORT` or `${PORT}`. */
export function withPort(argument: string, port: number): string {
  return argument.replace(/\$(PORT\b|\{PORT\})/g, String(port));
}

/** Why this host's programs cannot run an app; undefined if they can, as far as it can be seen before it is started. */
export function hostObstacle(artifact: Artifact): Obstacle | undefined {
  if (artifact.kind !== 'files') return imageObstacle(artifact);
  const [program = ''] = artifact.command;
  if (program === 'node') return undefined;
  const path = programPath(artifact, program);
  if (path === undefined) {
    return {
      reason: `${program} is not on PATH`,
      remedy: `install it here, or give the path of one in the folder: ./${program}`,
    };
  }
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    return {
      reason: `${program} is not in ${artifact.path}`,
      remedy: 'build it, or correct the command: its program is relative to the folder',
    };
  }
  if (!isExecutable(path)) {
    return { reason: `${path} may not be executed`, remedy: `chmod +x ${path}, where it is built` };
  }
  const built = architectureOf(path);
  if (built === undefined || built === process.arch) return undefined;
  return {
    reason: `${path} is built for ${built}, this host is ${process.arch}`,
    remedy: `build it for ${process.platform} ${process.arch}`,
  };
}

/** The path of a program of an app; undefined if PATH has none of this name. */
function programPath({ path }: FilesArtifact, program: string): string | undefined {
  if (!program.includes('/')) return findProgram(program);
  return program.startsWith('/') ? program : join(path, program);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const elfMagic = '\x7fELF';
const elfHeaderBytes = 20;
const machineOffset = 18;
/** Names as in `process.arch`, by e_machine of the ELF header. */
const machines = new Map([
  [3, 'ia32'],
  [8, 'mips'],
  [21, 'ppc64'],
  [22, 's390x'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [258, 'loong64'],
]);

/** The architecture that an ELF file is built for, as `process.arch` names it; undefined for other files. */
export function architectureOf(path: string): string | undefined {
  const header = Buffer.alloc(elfHeaderBytes);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, elfHeaderBytes, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1', 0, elfMagic.length) !== elfMagic) return undefined;
  // the sixth byte tells the order of the bytes: 2 is big-endian
  const machine = header[5] === 2 ? header.readUInt16BE(machineOffset) : header.readUInt16LE(machineOffset);
  return machines.get(machine) ?? `machine ${machine}`;
}
