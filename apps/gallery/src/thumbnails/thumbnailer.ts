import { Worker } from 'node:worker_threads';
import type { ImageType } from '../images/image-type.ts';
import { Refusal } from '../refusal.ts';
import type { UploadLimits } from '../settings.ts';
import type { ThumbnailJob, ThumbnailReply, Thumbnailed } from './thumbnail-job.ts';

export type Thumbnailer = {
  /**
   * The size and the thumbnail of an image file, made in a thread of its own, one image at a time.
   *
   * @throws Refusal 422 when the image has too many pixels, cannot be decoded, or takes too long; Error when the thread
   * cannot be started.
   */
  thumbnail(path: string, type: ImageType): Promise<Thumbnailed>;
  /** Ends the thread, if there is one. */
  close(): Promise<void>;
};

export type ThumbnailerOptions = {
  /** The file that the thread starts with: the one of the service. */
  readonly script: URL;
  readonly limits: Pick<UploadLimits, 'maxPixels' | 'maxDecodeBytes'>;
  /** How long one image may take. */
  readonly jobTimeoutMs: number;
  /** After how long without work the thread is ended, which gives its memory back. */
  readonly idleMs: number;
};

/** Memory of WebAssembly only grows, so a thread that may have used more than this for one image is ended after it. */
const retiringDecodeBytes = 40 * 1024 ** 2;

const startTimeoutMs = 30_000;

/** Makes thumbnails in a worker thread, which starts with the first image: a service that only shows images needs none. */
export function createThumbnailer(options: ThumbnailerOptions): Thumbnailer {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let idle: NodeJS.Timeout | undefined;

  const end = async () => {
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  };
  const start = async () => {
    const starting = new Worker(options.script, { workerData: 'thumbnails' });
    worker = starting;
    // Also between two jobs, when nobody else listens: a thread that fails is forgotten, and the next image starts another.
    starting.on('error', () => undefined);
    starting.on('exit', () => {
      if (worker === starting) worker = undefined;
    });
    const reply = await nextReply(starting, startTimeoutMs);
    if (reply.kind !== 'ready') throw new Error(`the thread for thumbnails began with ${reply.kind}`);
    return starting;
  };
  const run = async (job: ThumbnailJob): Promise<Thumbnailed> => {
    const ready =
      worker ??
      (await start().catch(async (cause: unknown) => {
        await end();
        throw new Error('the thread for thumbnails could not be started', { cause });
      }));
    const answered = nextReply(ready, options.jobTimeoutMs);
    ready.postMessage(job);
    const reply = await answered.catch(async (cause: unknown) => {
      await end();
      throw Object.assign(new Refusal(422, 'the image cannot be decoded with reasonable effort'), { cause });
    });
    if (reply.kind === 'refused') throw new Refusal(422, reply.detail);
    if (reply.kind === 'ready') throw new Error('the thread for thumbnails began a second time');
    if (reply.decodeBytes > retiringDecodeBytes) await end();
    return reply.thumbnailed;
  };

  return {
    async thumbnail(path, type) {
      clearTimeout(idle);
      waiting += 1;
      const { maxPixels, maxDecodeBytes } = options.limits;
      const mine = last.then(() => run({ path, type, maxPixels, maxDecodeBytes }));
      last = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        waiting -= 1;
        if (waiting === 0) idle = setTimeout(() => void end(), options.idleMs).unref();
      }
    },
    async close() {
      clearTimeout(idle);
      await end();
    },
  };
}

/** What a thread says next; rejects when it ends or fails instead, or says nothing in time. */
function nextReply(worker: Worker, timeoutMs: number): Promise<ThumbnailReply> {
  return new Promise((resolve, reject) => {
    const settled = () => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (reply: ThumbnailReply) => {
      settled();
      resolve(reply);
    };
    const onError = (error: unknown) => {
      settled();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onExit = (code: number) => onError(new Error(`the thread for thumbnails ended with code ${code}`));
    const timer = setTimeout(
      () => onError(new Error(`the thread for thumbnails said nothing for ${timeoutMs} ms`)),
      timeoutMs,
    );
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
