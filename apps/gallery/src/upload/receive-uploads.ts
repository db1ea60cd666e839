import { Busboy } from '@fastify/busboy';
import type { BusboyFileStream } from '@fastify/busboy';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { byteSize } from '../byte-size.ts';
import { Refusal } from '../refusal.ts';
import type { UploadLimits } from '../settings.ts';
import { dropStaged, stageOriginal, tooLarge } from '../store/stage-original.ts';
import type { StagedOriginal } from '../store/stage-original.ts';
import type { ImageStore } from '../store/image-store.ts';
import { receiveBody } from './receive-body.ts';

/** One file of a request, by the name that it was sent under: on disk, or refused by itself. */
export type Received = { readonly fileName: string; readonly outcome: StagedOriginal | Refusal };

/** What a form may have beside its files; none of it is used. */
const fieldLimits = { fields: 20, fieldSize: 1024, headerPairs: 20, headerSize: 8 * 1024 };

/** What the lines between the files of a form may take, for each file. */
const framingBytes = 16 * 1024;

/**
 * Receives the one image that is the body of a request.
 *
 * @throws Refusal as `stageOriginal` and `receiveBody` do, and 400 for an empty body.
 */
export async function receiveImage(
  incoming: IncomingMessage,
  store: ImageStore,
  limits: UploadLimits,
): Promise<StagedOriginal> {
  if (Number(incoming.headers['content-length'] ?? 0) > limits.maxUploadBytes) {
    throw tooLarge(limits.maxUploadBytes);
  }
  const body = new PassThrough();
  const received = receiveBody(incoming, body, limits.bodyTimeoutMs);
  const staging = stageOriginal(store, body, limits.maxUploadBytes).catch((error: unknown) => {
    body.destroy(error instanceof Error ? error : undefined);
    throw error;
  });
  const [staged, whole] = await Promise.allSettled([staging, received]);
  if (staged.status === 'rejected') throw staged.reason;
  if (whole.status === 'fulfilled' && staged.value.bytes > 0) return staged.value;
  await dropStaged(store, staged.value);
  throw whole.status === 'rejected' ? whole.reason : new Refusal(400, 'the body is empty; expected an image');
}

/**
 * Receives the files of a form (multipart/form-data), each straight to disk, in the order of the form. A file that is too large is
 * refused by itself; everything else that is wrong refuses the whole form, and leaves nothing behind.
 *
 * @throws Refusal as `receiveImage` does, 400 for a form that is malformed or has no file, 413 for too many files.
 */
export async function receiveForm(
  incoming: IncomingMessage,
  store: ImageStore,
  limits: UploadLimits,
): Promise<readonly Received[]> {
  const mostBytes = (limits.maxUploadBytes + framingBytes) * limits.maxFilesPerRequest;
  if (Number(incoming.headers['content-length'] ?? 0) > mostBytes) {
    throw new Refusal(413, `the form is larger than ${byteSize(mostBytes)}, which is the most that is taken`);
  }
  const parser = parserFor(incoming, limits);
  const open = new Set<BusboyFileStream>();
  const files: Promise<Received>[] = [];
  const failForm = (error: Error) => parser.emit('error', error);
  parser.on('filesLimit', () =>
    failForm(
      new Refusal(413, `the form has more than ${limits.maxFilesPerRequest} files; send fewer at a time`),
    ),
  );
  parser.on('file', (_field, stream, fileName) => {
    open.add(stream);
    // The parser tells a file of its failure by this event alone, and a file nobody has begun to read would never know.
    stream.on('error', (error) => stream.destroy(error));
    stream.once('end', () => open.delete(stream));
    files.push(receiveFile(stream, fileName, store, limits, failForm));
  });

  const body = await receiveBody(incoming, parser, limits.bodyTimeoutMs).catch((error: unknown) => {
    for (const stream of open) stream.destroy(error instanceof Error ? error : undefined);
    return error instanceof Refusal ? error : malformed(error);
  });
  const settled = await Promise.allSettled(files);
  const received = settled.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []));
  const lost: unknown = settled.find((file) => file.status === 'rejected')?.reason;
  const given = received.filter((file) => !isEmptyChoice(file));
  const nothing = given.length === 0 ? new Refusal(400, 'the form has no file; expected images') : undefined;
  const failure = body ?? lost ?? nothing;

  for (const file of received) {
    const isKept = failure === undefined && given.includes(file);
    if (!isKept && !(file.outcome instanceof Refusal)) await dropStaged(store, file.outcome);
  }
  if (failure !== undefined) throw failure instanceof Error ? failure : malformed(failure);
  return given;
}

function parserFor(incoming: IncomingMessage, limits: UploadLimits): Busboy {
  try {
    return new Busboy({
      headers: { ...incoming.headers, 'content-type': incoming.headers['content-type'] ?? '' },
      limits: {
        ...fieldLimits,
        // One byte more than is taken, so that a file that is too large can be told from one that is just not.
        fileSize: limits.maxUploadBytes + 1,
        files: limits.maxFilesPerRequest,
        parts: limits.maxFilesPerRequest + fieldLimits.fields,
      },
    });
  } catch (error) {
    throw malformed(error);
  }
}

async function receiveFile(
  stream: BusboyFileStream,
  fileName: string,
  store: ImageStore,
  limits: UploadLimits,
  failForm: (error: Error) => void,
): Promise<Received> {
  try {
    return { fileName, outcome: await stageOriginal(store, stream, limits.maxUploadBytes) };
  } catch (error) {
    if (error instanceof Refusal && error.status === 413) {
      stream.resume();
      return { fileName, outcome: error };
    }
    failForm(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** What a browser sends for a form in which no file was chosen. */
function isEmptyChoice({ fileName, outcome }: Received): boolean {
  return fileName === '' && !(outcome instanceof Refusal) && outcome.bytes === 0;
}

function malformed(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isOfTheDisk = cause instanceof Error && 'syscall' in cause;
  if (isOfTheDisk) return cause;
  return Object.assign(new Refusal(400, `the form cannot be read: ${reason}`), { cause });
}
