import { fileURLToPath } from 'node:url';
import { startHelper } from '@tare/metrics';
import { nextMove, type SearchAim, type SearchStep } from './capacity-search.ts';
import { performStep, type StepLoad } from './search-instance.ts';

const proofWindowMs = 1000;
const leastRps = 1;
const proofStartRps = 500;
// coarse: it is enough to show that the generator is not the limit
const proofTolerance = 0.15;
const proofMaxSteps = 30;

type GeneratorProof = Omit<StepLoad, 'origin' | 'windowMs'> & {
  readonly startRps: number;
  readonly maxRps: number;
  /** CPUs of the app. */
  readonly serverCpus: readonly number[] | undefined;
};

/**
 * Searches for the limit of the load generator itself: the highest rate at which it meets the objective, in time and not
 * too busy, against a server that answers at once on the CPUs of the app.
 * @returns requests per second, at most `maxRps`.
 * @throws Error when it cannot meet the objective at any rate.
 */
export async function proveGenerator(proof: GeneratorProof, signal: AbortSignal): Promise<number> {
  const aim: SearchAim = {
    startRps: Math.max(proof.startRps, Math.min(proofStartRps, proof.maxRps)),
    leastRps,
    maxRps: proof.maxRps,
    maxIs: 'maximum',
    tolerance: proofTolerance,
    maxSteps: proofMaxSteps,
  };
  const server = await startInstantServer(proof.serverCpus, signal);
  try {
    const load: StepLoad = { ...proof, origin: server.origin, windowMs: proofWindowMs };
    const steps: SearchStep[] = [];
    for (;;) {
      const move = nextMove(aim, steps);
      if (move.kind === 'try') {
        const { outcome } = await performStep(load, move.rateRps, signal);
        // there is no app here: whatever missed the objective was the generator's side
        steps.push({ rateRps: move.rateRps, outcome: outcome === 'meets' ? 'meets' : 'misses' });
        continue;
      }
      if (move.highestRps !== null) return move.highestRps;
      throw new Error(
        `the load generator misses ${proof.slo.text} even at ${move.lowestMissRps ?? leastRps} req/s with a server that answers at once: ` +
          'this host is too busy or has too few CPUs for this objective; end other programs or choose a higher limit',
      );
    }
  } finally {
    await server.stop();
  }
}

/** A server that only answers: load on it measures the generator itself. */
interface InstantServer {
  /** "http://127.0.0.1:40123". */
  readonly origin: string;
  stop(): Promise<void>;
}

const processFile = fileURLToPath(import.meta.url).replace(
  /prove-generator\.([jt]s)$/,
  'instant-server-process.$1',
);
const startDeadlineMs = 10_000;

/**
 * Starts the instant server in a process of its own, on the CPUs of the app.
 * @throws Error when it does not listen in time; the signal's reason when aborted. The process has ended in either case.
 */
export async function startInstantServer(
  cpus: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<InstantServer> {
  const server = startHelper({ name: 'the instant server', script: processFile, cpus, signal });
  try {
    const port = Number(await server.ask(undefined, startDeadlineMs));
    return { origin: `http://127.0.0.1:${port}`, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
