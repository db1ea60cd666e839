import { nextMove, type SearchAim, type SearchStep } from './capacity-search.ts';
import { startInstantServer } from './instant-server.ts';
import { performStep, type StepLoad } from './perform-step.ts';

const proofWindowMs = 1000;
const leastRps = 1;
const proofStartRps = 500;
// the generator need only be shown not to be the limit: how far it goes beyond need not be known closely
const proofTolerance = 0.15;
const proofMaxSteps = 30;

export type GeneratorProof = Omit<StepLoad, 'origin' | 'windowMs'> & {
  readonly startRps: number;
  readonly maxRps: number;
  /** Where the app will run. */
  readonly serverCpus: readonly number[] | undefined;
};

/**
 * Searches how far the load generator goes by itself: the highest rate at which it meets the objective, in time and not
 * too busy, against a server that answers at once, on the CPUs that the app will have.
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
        // whatever kept the objective from being met, it was not the app
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
