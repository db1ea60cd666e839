import { createHash } from 'node:crypto';
import { on } from 'node:events';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { signatureBytes } from '../images/image-type.ts';
import { Refusal, storeFull } from '../refusal.ts';
import type { UploadLimits } from '../settings.ts';
import { imageFiles } from '../store/image-store.ts';
import type { ImageStore } from '../store/image-store.ts';
import { byteSize } from '../text.ts';
import { boundaryOf, formParts } from './multipart.ts';

/** One file of a request, by the name that it was sent under: on disk, or refused by itself. */
type Received = { readonly fileName: string; readonly outcome: StagedOriginal | Refusal };

/** What a form may have beside its files; none of it is used. */
const mostFields = 100;

/** What the lines between the files of a form may take, for each file. */
const framingBytes = 16 * 1024;

/**
 * Receives the one image that is the body of a request.
 *
 * @throws Refusal as `stageOriginal` and `bodyOf` do, and 400 for an empty body.
 */
export async function receiveImage(
  incoming: IncomingMessage,
  store: ImageStore,
  limits: UploadLimits,
): Promise<StagedOriginal> {
  if (declaredBytes(incoming) > limits.maxUploadBytes) throw tooLarge(limits.maxUploadBytes);
  const body = bodyOf(incoming, limits.bodyTimeoutMs);
  const staged = await stageOriginal(store, body, limits.maxUploadBytes);
  if (staged.bytes > 0) return staged;
  await dropStaged(store, staged);
  throw new Refusal(400, 'the body is empty; expected an image');
}

/**
 * Receives the files of a form (multipart/form-data), each straight to disk, in the order of the form. A file that is too large, or
 * that `refusalOfNext` refuses, is refused by itself; everything else that is wrong refuses the whole form, and leaves nothing
 * behind.
 *
 * @throws Refusal as `receiveImage` does, 400 for a form that is malformed or has no file, 413 for too many files.
 */
export async function receiveForm(
  incoming: IncomingMessage,
  store: ImageStore,
  limits: UploadLimits,
  refusalOfNext: () => Refusal | undefined,
): Promise<readonly Received[]> {
  const received: Received[] = [];
  try {
    for await (const { fileName, body } of partsOf(incoming, limits)) {
      if (fileName === undefined) continue;
      const refusal = received.length > 0 ? refusalOfNext() : undefined;
      const outcome = refusal ?? (await stagedOrTooLarge(store, body, limits.maxUploadBytes));
      // What a browser sends for a form in which no file was chosen.
      const isEmptyChoice = fileName === '' && !(outcome instanceof Refusal) && outcome.bytes === 0;
      if (isEmptyChoice) await dropStaged(store, outcome);
      else received.push({ fileName, outcome });
    }
    if (received.length === 0) throw new Refusal(400, 'the form has no file; expected images');
    return received;
  } catch (error) {
    await dropReceived(store, received);
    throw error;
  }
}

/** Drops what has been received and is not going to be listed. */
export async function dropReceived(store: ImageStore, received: readonly Received[]): Promise<void> {
  for (const { outcome } of received) if (!(outcome instanceof Refusal)) await dropStaged(store, outcome);
}

/** The parts of a form, and no more of them than a form may have. */
async function* partsOf(incoming: IncomingMessage, limits: UploadLimits) {
  const { maxFilesPerRequest: mostFiles, maxUploadBytes, bodyTimeoutMs } = limits;
  const mostBytes = (maxUploadBytes + framingBytes) * mostFiles;
  const tooLong = new Refusal(
    413,
    `the form is larger than ${byteSize(mostBytes)}, which is the most that is taken`,
  );
  if (declaredBytes(incoming) > mostBytes) throw tooLong;

  const boundary = boundaryOf(incoming.headers['content-type'] ?? '');
  let [bytes, files, fields] = [0, 0, 0];
  const counted = async function* () {
    for await (const chunk of bodyOf(incoming, bodyTimeoutMs)) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw tooLong;
      yield chunk;
    }
  };
  for await (const part of formParts(counted(), boundary)) {
    if (part.fileName === undefined) fields += 1;
    else files += 1;
    if (files > mostFiles) {
      throw new Refusal(413, `the form has more than ${mostFiles} files; send fewer at a time`);
    }
    if (fields > mostFields)
      throw new Refusal(413, `the form has more than ${mostFields} fields that are no files`);
    yield part;
  }
}

async function stagedOrTooLarge(
  store: ImageStore,
  body: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<StagedOriginal | Refusal> {
  try {
    return await stageOriginal(store, body, maxBytes);
  } catch (error) {
    if (error instanceof Refusal && error.status === 413) return error;
    throw error;
  }
}

/**
 * The body of a request as it arrives. The connection is left open for the reply, whatever happens.
 *
 * @throws Refusal 408 when the body takes longer than `timeoutMs`, 400 when the client goes away before its end.
 */
async function* bodyOf(incoming: IncomingMessage, timeoutMs: number): AsyncGenerator<Buffer> {
  const goneAway = () => new Refusal(400, 'the body ended before its end');
  // For the whole life of the request: a connection may also break after its body has been read.
  incoming.on('error', () => undefined);
  if (incoming.destroyed) throw goneAway();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    const events = on(incoming, 'data', {
      ...{ signal: late.signal, close: ['end', 'close'] },
      ...{ highWaterMark: 4, lowWaterMark: 1 },
    }) as AsyncIterable<[Buffer]>;
    for await (const [chunk] of events) yield chunk;
  } catch {
    if (!late.signal.aborted) throw goneAway();
    throw new Refusal(408, `the body did not arrive within ${timeoutMs / 1000} s`, { connection: 'close' });
  } finally {
    clearTimeout(timer);
    incoming.pause();
  }
  if (!incoming.complete) throw goneAway();
}

function declaredBytes(incoming: IncomingMessage): number {
  return Number(incoming.headers['content-length'] ?? 0);
}

/** An upload that has arrived whole, on disk and not listed. Its bytes are reserved in the budget. */
export type StagedOriginal = {
  readonly folder: string;
  readonly path: string;
  readonly id: string;
  readonly bytes: number;
  /** Its first bytes, for telling its type. */
  readonly start: Uint8Array;
};

/**
 * Writes an upload to disk as it arrives and makes it durable there; it is never whole in memory.
 *
 * @throws Refusal 413 when it is larger than `maxBytes`, 507 when the store is full; whatever the source or the disk fails with.
 * Nothing is left behind then.
 */
async function stageOriginal(
  store: ImageStore,
  source: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<StagedOriginal> {
  const folder = await store.stagingFolder();
  const path = join(folder, imageFiles.original);
  const hash = createHash('sha256');
  let start = Buffer.alloc(0);
  let bytes = 0;
  try {
    const file = await open(path, 'wx');
    try {
      for await (const chunk of source) {
        if (bytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
        if (!store.budget.reserve(chunk.length)) throw storeFull();
        bytes += chunk.length;
        if (start.length < signatureBytes) start = Buffer.concat([start, chunk]).subarray(0, signatureBytes);
        hash.update(chunk);
        await file.appendFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    store.budget.release(bytes);
    await store.discard(folder);
    throw error;
  }
  return { folder, path, id: hash.digest('hex'), bytes, start: Uint8Array.from(start) };
}

/** Drops an upload that is not going to be listed, and its reservation. */
export async function dropStaged(store: ImageStore, staged: StagedOriginal): Promise<void> {
  store.budget.release(staged.bytes);
  await store.discard(staged.folder);
}

/** The refusal of an image with too many bytes. */
function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `the image is larger than ${byteSize(maxBytes)}, which is the most that is taken`);
}
