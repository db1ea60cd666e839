import { Refusal, busy } from '../refusal.ts';

type FairQueueOptions = {
  /** How many may wait, all clients together. */
  readonly most: number;
  /** How long one may wait. */
  readonly maxWaitMs: number;
};

type FairQueue = {
  /**
   * Runs some work when its turn comes: one piece at a time, and one of each client in turn, so that a client with much to do makes
   * another wait for a single piece of it.
   *
   * @throws Refusal 503 when too many are waiting, or it has waited too long; 400 when `gone` is aborted, at once and also
   * while the work is under way, whose result nobody gets then; what the work throws.
   */
  run<Result>(client: string, gone: AbortSignal, work: () => Promise<Result>): Promise<Result>;
};

/** After how many seconds a client may try again that found no room. */
const retryAfterS = 5;

type Waiting = { readonly begin: () => Promise<void>; readonly giveUp: (refusal: Refusal) => void };

/** A bounded queue. When it is full, a client with fewer waiting takes the last place of the one with the most. */
export function createFairQueue({ most, maxWaitMs }: FairQueueOptions): FairQueue {
  // In the order of their turns: a client that has had one goes to the end.
  const clients = new Map<string, readonly Waiting[]>();
  let waiting = 0;
  let isBusy = false;

  const next = async (): Promise<void> => {
    const [client, [first, ...others]] = clients.entries().next().value ?? ['', []];
    if (isBusy || first === undefined) return;
    clients.delete(client);
    if (others.length > 0) clients.set(client, others);
    waiting -= 1;
    isBusy = true;
    await first.begin();
    isBusy = false;
    return next();
  };
  const leave = (client: string, one: Waiting) => {
    const others = clients.get(client)?.filter((each) => each !== one) ?? [];
    waiting -= 1;
    if (others.length > 0) clients.set(client, others);
    else clients.delete(client);
  };
  /** Makes room for one more of a client that has `own` waiting, if it may have any. */
  const makeRoom = (own: number) => {
    if (waiting < most) return;
    const [longest = []] = Array.from(clients.values()).toSorted((one, other) => other.length - one.length);
    if (longest.length <= own + 1) throw tooMany();
    longest.at(-1)?.giveUp(tooMany());
  };

  return {
    async run<Result>(client: string, gone: AbortSignal, work: () => Promise<Result>) {
      if (gone.aborted) throw clientGone();
      makeRoom(clients.get(client)?.length ?? 0);
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      let hasBegun = false;
      const one: Waiting = {
        async begin() {
          hasBegun = true;
          clearTimeout(timer);
          await work().then(resolve, reject);
        },
        giveUp(refusal) {
          if (!hasBegun) leave(client, one);
          reject(refusal);
        },
      };
      const timer = setTimeout(() => one.giveUp(tooMany()), maxWaitMs);
      const onGone = () => one.giveUp(clientGone());
      gone.addEventListener('abort', onGone, { once: true });
      clients.set(client, [...(clients.get(client) ?? []), one]);
      waiting += 1;
      void next();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        gone.removeEventListener('abort', onGone);
      }
    },
  };
}

const tooMany = () => busy('too many images are waiting for their thumbnails', retryAfterS);
const clientGone = () => new Refusal(400, 'the client went away');
