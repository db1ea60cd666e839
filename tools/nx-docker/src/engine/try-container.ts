import { createHash, randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { messageOf } from '@tare/nx-kit';
import { z } from 'zod';
import { fixedTar, type TarEntry } from '../fixed-tar.ts';
import { type Engine, isStatus } from './connect-engine.ts';
import { endLeftShim } from './left-shim.ts';
import { labelsFor } from './run-labels.ts';

/** Programs that do nothing, as their instructions: exit(0). */
const instructions: Readonly<Record<string, { readonly machine: number; readonly code: string }>> = {
  // mov eax, 60; xor edi, edi; syscall
  amd64: { machine: 62, code: 'b83c00000031ff0f05' },
  // mov x8, #93; mov x0, #0; svc #0
  arm64: { machine: 183, code: 'a80b8052000080d2010000d4' },
};

const repository = 'tare/nothing';

/**
 * Starts a container that does nothing and ends at once, and leaves nothing of it: whether an engine can start one is known only
 * when it has.
 * @param architecture in Docker's words: "amd64"; where there is no program for it, nothing is tried.
 * @param rest what a container has besides its image: `HostConfig`, `ExposedPorts`.
 * @throws Error with the engine's reason.
 */
export async function tryContainer(
  engine: Engine,
  architecture: string,
  rest: object,
  signal: AbortSignal,
): Promise<void> {
  const program = nothingProgram(architecture);
  if (program === undefined) return;
  const name = `tare-try-${randomUUID()}`;
  // an image of its own for each: another process may be at the same
  const image = `${repository}:${name}`;
  const archive = fixedTar(await imageOf(program, architecture, image));
  const order = { method: 'POST', signal, deadlineMs: 60_000 } as const;
  const load = { ...order, path: '/images/load', query: { quiet: true }, archive };
  for await (const { error } of engine.lines(load, z.object({ error: z.string().optional() })))
    if (error !== undefined) throw new Error(error);
  try {
    const body = { Image: image, Entrypoint: ['/nothing'], Cmd: [], Labels: labelsFor('probe'), ...rest };
    await engine.call({ ...order, path: '/containers/create', query: { name }, body });
    await engine.call({ ...order, path: `/containers/${name}/start` });
    const ended = { ...order, path: `/containers/${name}/wait` };
    const { StatusCode } = await engine.ask(ended, z.object({ StatusCode: z.int() }));
    if (StatusCode !== 0) throw new Error(`a container that does nothing ends with exit code ${StatusCode}`);
  } finally {
    const remove = (path: string): Promise<unknown> =>
      engine
        .call({
          method: 'DELETE',
          path,
          query: { force: true, v: true },
          signal: AbortSignal.timeout(30_000),
          deadlineMs: 30_000,
        })
        .catch((error: unknown) => {
          // 404 gone already, 409 another try has it
          if (!isStatus(error, 404, 409))
            throw new Error(`${path} is left: ${messageOf(error)}`, { cause: error });
        });
    try {
      await endLeftShim(engine, name, AbortSignal.timeout(30_000));
    } finally {
      await remove(`/containers/${name}`);
      await remove(`/images/${image}`);
    }
  }
}

const headerBytes = 64;
const segmentBytes = 56;
const loadAddress = 0x400000n;

/** The smallest program of an architecture: an ELF header, one segment, and its instructions (elf(5)). */
function nothingProgram(architecture: string): Buffer | undefined {
  const found = instructions[architecture];
  if (found === undefined) return undefined;
  const code = Buffer.from(found.code, 'hex');
  const start = headerBytes + segmentBytes;
  const size = BigInt(start + code.length);
  const bytes = Buffer.alloc(start);
  // 64 bits, lowest byte first, version 1
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(found.machine, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(loadAddress + BigInt(start), 24);
  bytes.writeBigUInt64LE(BigInt(headerBytes), 32);
  bytes.writeUInt16LE(headerBytes, 52);
  bytes.writeUInt16LE(segmentBytes, 54);
  bytes.writeUInt16LE(1, 56);
  // one segment to load, readable and executable
  bytes.writeUInt32LE(1, headerBytes);
  bytes.writeUInt32LE(5, headerBytes + 4);
  bytes.writeBigUInt64LE(loadAddress, headerBytes + 16);
  bytes.writeBigUInt64LE(loadAddress, headerBytes + 24);
  bytes.writeBigUInt64LE(size, headerBytes + 32);
  bytes.writeBigUInt64LE(size, headerBytes + 40);
  bytes.writeBigUInt64LE(0x1000n, headerBytes + 48);
  return Buffer.concat([bytes, code]);
}

/** An archive as `docker save` writes it, of one layer with one program. */
async function imageOf(program: Buffer, architecture: string, image: string): Promise<readonly TarEntry[]> {
  const file = (name: string, mode: number, bytes: Buffer): TarEntry => ({
    name,
    mode,
    type: 'bytes',
    size: bytes.length,
    bytes: (async function* () {
      yield await Promise.resolve(bytes);
    })(),
  });
  const layer = Buffer.from(
    await text(fixedTar([file('nothing', 0o755, program)]).setEncoding('latin1')),
    'latin1',
  );
  const digest = createHash('sha256').update(layer).digest('hex');
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    config: { Entrypoint: ['/nothing'], Labels: { image } },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  });
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }]);
  return [
    { name: 'config.json', mode: 0o644, type: 'text', text: config },
    file('layer.tar', 0o644, layer),
    { name: 'manifest.json', mode: 0o644, type: 'text', text: manifest },
  ];
}
