import { Worker } from 'node:worker_threads';
import type { ImageType } from '../images/image-type.ts';
import { Refusal, busy } from '../refusal.ts';
import type { UploadLimits } from '../settings.ts';
import { createFairQueue } from './fair-queue.ts';
import type { DecodeLimits } from './decode-cost.ts';
import type { ThumbnailJob, ThumbnailReply, Thumbnailed } from './make-thumbnails.ts';

export type Thumbnailer = {
  /**
   * The size and the thumbnail of an image file, made in a thread of its own, one image at a time and the clients by turns.
   *
   * @throws Refusal 422 when the image has too many pixels, cannot be decoded, or takes too much work; 503 when too many are
   * waiting, or the machine is too busy; 400 when its sender goes away; Error when the thread cannot be started.
   */
  thumbnail(
    path: string,
    type: ImageType,
    sender: { readonly client: string; readonly gone: AbortSignal },
  ): Promise<Thumbnailed>;
  /** Ends the thread, if there is one. */
  close(): Promise<void>;
};

type ThumbnailerOptions = {
  /** The file that the thread starts with: the one of the service. */
  readonly script: URL;
  /** What decoding one image may take, and how many may wait for it. */
  readonly limits: DecodeLimits & Pick<UploadLimits, 'maxWaiting'>;
  /** How much time of a processor one image may take: on a busy machine a good image takes long, and is good all the same. */
  readonly jobCpuMs: number;
  /** How long an image may wait for its turn. */
  readonly maxWaitMs: number;
  /** How long the thread may be silent, whatever it does. */
  readonly silenceMs: number;
  /** After how long without work the thread is ended, which gives its memory back. */
  readonly idleMs: number;
};

/** Memory of WebAssembly only grows, so a thread that may have used more than this for one image is ended after it. */
const retiringDecodeBytes = 40 * 1024 ** 2;

/** How often the time that a job has taken is looked at. */
const cpuCheckMs = 250;

/** Makes thumbnails in a worker thread, which starts with the first image: a service that only shows images needs none. */
export function createThumbnailer(options: ThumbnailerOptions): Thumbnailer {
  const { script, limits, silenceMs } = options;
  const queue = createFairQueue({ most: limits.maxWaiting, maxWaitMs: options.maxWaitMs });
  let worker: Worker | undefined;
  let asked = 0;
  let idle: NodeJS.Timeout | undefined;

  const end = async () => {
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  };
  const start = async () => {
    const starting = new Worker(script, { workerData: limits });
    worker = starting;
    // Also between two jobs, when nobody else listens: a thread that fails is forgotten, and the next image starts another.
    starting.on('error', () => undefined);
    starting.on('exit', () => {
      if (worker === starting) worker = undefined;
    });
    const reply = await nextReply(starting, { silenceMs });
    if (reply.kind !== 'ready') throw new Error(`the thread for thumbnails began with ${reply.kind}`);
    return starting;
  };
  const run = async (job: ThumbnailJob): Promise<Thumbnailed> => {
    const ready =
      worker ??
      (await start().catch(async (cause: unknown) => {
        await end();
        if (cause instanceof Refusal) throw cause;
        throw new Error('the thread for thumbnails could not be started', { cause });
      }));
    const answered = nextReply(ready, { silenceMs, cpuMs: options.jobCpuMs });
    ready.postMessage(job);
    const reply = await answered.catch(async (cause: unknown) => {
      await end();
      if (cause instanceof Refusal) throw cause;
      throw Object.assign(new Refusal(422, 'the image cannot be decoded with reasonable effort'), { cause });
    });
    if (reply.kind === 'ready') throw new Error('the thread for thumbnails began a second time');
    if (reply.decodeBytes > retiringDecodeBytes) await end();
    if (reply.kind === 'refused') throw new Refusal(422, reply.detail);
    return reply.thumbnailed;
  };

  return {
    async thumbnail(path, type, { client, gone }) {
      clearTimeout(idle);
      asked += 1;
      try {
        return await queue.run(client, gone, () => run({ path, type, limits }));
      } finally {
        asked -= 1;
        if (asked === 0) idle = setTimeout(() => void end(), options.idleMs).unref();
      }
    },
    async close() {
      clearTimeout(idle);
      await end();
    },
  };
}

/** What a thread says next; rejects when it ends or fails instead, or says nothing in time. */
function nextReply(
  worker: Worker,
  { silenceMs, cpuMs = Infinity }: { readonly silenceMs: number; readonly cpuMs?: number },
): Promise<ThumbnailReply> {
  return new Promise((resolve, reject) => {
    const before = process.cpuUsage();
    const settled = () => {
      clearTimeout(silence);
      clearInterval(cpu);
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
    // Without having worked for long: the machine is too busy, and the image may be a good one.
    const silence = setTimeout(() => onError(busy('the thumbnail cannot be made now', 10)), silenceMs);
    // Of the whole process, because libvips works in threads of its own; the service itself takes little of it.
    const cpu = setInterval(
      () => {
        const { user, system } = process.cpuUsage(before);
        if ((user + system) / 1000 > cpuMs) {
          onError(new Error(`the thread for thumbnails worked for more than ${cpuMs} ms`));
        }
      },
      Math.min(cpuCheckMs, cpuMs),
    );
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
