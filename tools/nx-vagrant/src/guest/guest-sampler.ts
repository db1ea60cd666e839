import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ProcessFiles } from '@tare/metrics';
import { z } from 'zod';
import { shellWords } from '../ssh.ts';
import { type ClockExchange, clockOffset, type ClockOffset, toHostNs } from './guest-account.ts';

/** A process in the guest that sends the files of /proc of the service's processes when asked, and reports their end. */
export interface GuestSampler {
  /** Converts the guest's clock to the host's; measured by pings at the opening. */
  readonly offset: ClockOffset;
  /**
   * Reads the files, at a moment of the host's clock.
   * @throws Error when the guest does not answer, or when the connection has broken.
   */
  read(): Promise<ProcessFiles>;
  /** Resolves when the service's processes are gone ("service") or the connection is ("connection"). Never rejects. */
  readonly over: Promise<'service' | 'connection'>;
  /** Ends it. Never throws; may be called twice. */
  close(): Promise<void>;
}

/** How a sampler runs. */
type SamplerPlace = {
  /** Only root may read what other users' processes write to storage. */
  readonly asRoot?: boolean;
  /** The guest's CPU to run on; undefined to leave it to the guest. */
  readonly cpu?: number;
};

const pings = 20;
const replyDeadlineMs = 10_000;
const closeGraceMs = 2_000;
const lostLines = 3;

/**
 * The command, for the guest's shell, that samples a unit's processes.
 * @param cgroupFolder of the unit, in the guest.
 */
export function samplerCommand(cgroupFolder: string, { asRoot, cpu }: SamplerPlace = {}): string {
  const script = readFileSync(new URL('./sampler.pl', import.meta.url), 'utf8');
  const command = [
    ...(asRoot === true ? ['sudo', '-n'] : []),
    ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
    ...['perl', '-e', script, cgroupFolder],
  ];
  return `exec ${shellWords(command)}`;
}

/**
 * Talks to a sampler over its pipes; measures its clock first.
 * @param child a process that runs {@link samplerCommand}.
 * @throws Error with the sampler's output when it does not answer, and ends it.
 */
export async function openGuestSampler(
  child: ChildProcessWithoutNullStreams,
  signal: AbortSignal,
): Promise<GuestSampler> {
  const waiting: { readonly take: (reply: SamplerReply) => void; readonly fail: (error: Error) => void }[] =
    [];
  const over = Promise.withResolvers<'service' | 'connection'>();
  let complaint = '';
  let broken: Error | undefined;
  const breakOff = (error: Error): void => {
    broken ??= error;
    for (const { fail } of waiting.splice(0)) fail(broken);
    over.resolve('connection');
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      breakOff(new Error(`the sampler in the VM could not be started: ${error.message}`, { cause: error }));
      resolve();
    });
    child.once('close', () => {
      const said = complaint.trim().split('\n').slice(-lostLines).join(' | ');
      breakOff(new Error(`the connection to the VM broke${said === '' ? '' : `: ${said}`}`));
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    try {
      const reply = parseSamplerReply(line);
      if (reply.kind === 'ended') over.resolve('service');
      else waiting.shift()?.take(reply);
    } catch (error) {
      breakOff(error instanceof Error ? error : new Error(String(error)));
    }
  });

  const ask = (question: 'clock' | 'files'): Promise<{ readonly reply: SamplerReply } & ClockExchange> =>
    new Promise((resolve, reject) => {
      if (broken !== undefined) {
        reject(broken);
        return;
      }
      const late = setTimeout(() => {
        breakOff(new Error(`the VM did not answer the sampler within ${replyDeadlineMs} ms`));
      }, replyDeadlineMs);
      const sentNs = process.hrtime.bigint();
      waiting.push({
        take: (reply) => {
          clearTimeout(late);
          const guestNs = reply.kind === 'ended' ? 0n : reply.atNs;
          resolve({ reply, sentNs, guestNs, receivedNs: process.hrtime.bigint() });
        },
        fail: (error) => {
          clearTimeout(late);
          reject(error);
        },
      });
      child.stdin.write(`${question}\n`);
    });

  const close = async (): Promise<void> => {
    child.stdin.end();
    const kill = setTimeout(() => child.kill('SIGKILL'), closeGraceMs);
    await gone;
    clearTimeout(kill);
  };
  const abort = (): void => {
    breakOff(new Error('the sampler in the VM was given up', { cause: signal.reason }));
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const exchanges: ClockExchange[] = [];
    while (exchanges.length < pings) exchanges.push(await ask('clock'));
    const offset = clockOffset(exchanges);
    return {
      offset,
      over: over.promise,
      close,
      read: async () => {
        const { reply, ...exchange } = await ask('files');
        if (reply.kind !== 'files')
          throw new Error(`the sampler in the VM was asked for files and sent "${reply.kind}"`);
        return { ...reply, atNs: toHostNs(exchange, offset) };
      },
    };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

// as text: it may pass 2^53
const whole = z
  .string()
  .regex(/^\d+$/, 'expected a whole number')
  .transform((text) => BigInt(text));

const textByName = z.record(z.string(), z.string());

const replySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('clock'), atNs: whole }),
  z.strictObject({
    kind: z.literal('files'),
    atNs: whole,
    processes: z.record(
      z.string(),
      z.strictObject({
        threads: textByName,
        stat: z.string(),
        status: z.string(),
        io: z.string().optional(),
      }),
    ),
    diskstats: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('ended') }),
]);

/** What the sampler in the guest says: `atNs` is the guest's monotonic clock. */
type SamplerReply = z.infer<typeof replySchema>;

/**
 * Reads one line of the sampler.
 * @throws Error that shows the line when it is another text (a shell's complaint, a warning of perl).
 */
export function parseSamplerReply(line: string): SamplerReply {
  try {
    return replySchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`the sampler in the VM said "${line.slice(0, 120)}", which is not a reading`, { cause });
  }
}
