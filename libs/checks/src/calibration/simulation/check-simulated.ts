import { made } from '../check/check-items.ts';
import { shareItem, type ShareRule } from '../check/share-items.ts';
import type { Check, Share } from '../result/calibration-file.ts';
import type { Design } from './simulate-run.ts';
import { simulateShares } from './simulate-shares.ts';

export type SimulatedCheck = {
  readonly runs: number;
  readonly pilotRuns: number;
  readonly seed: number;
  readonly signal: AbortSignal;
};

export type Simulated = { readonly check: Check; readonly shares: readonly Share[] };

const fixed: Design = { kind: 'fixed', rounds: 12 };
/** How a run plans its rounds by default. */
const piloted: Design = { kind: 'pilot', pilot: 6, max: 30 };
const margin = 0.02;
const wantedPercent = 90;

const model =
  'Model: the host drifts (first-order autoregression, standard deviation 4 %, correlation 0.9 from trial to trial), and every trial deviates by 3 %. One metric, throughput with a margin of 2 %, through the comparison and the verdict of real runs.';

/** Simulated comparisons of what is equal: how often they come out different. */
export async function checkSimulatedAA(options: SimulatedCheck): Promise<Simulated> {
  const [significant, verdict] = await simulate(options, fixed, 0);
  const [pilotSignificant, pilotVerdict] = await simulate(options, piloted, 0);
  const title = {
    id: 'aa-simulated',
    part: 'aa',
    title: 'Simulated comparisons of equals',
    unit: '%',
  } as const;
  const items = [
    shareItem(significant, { kind: 'nominal' }),
    shareItem(verdict, { kind: 'below-nominal' }),
    shareItem(pilotSignificant, { kind: 'shown' }),
    shareItem(pilotVerdict, { kind: 'below-nominal' }),
  ];
  const pilotNote =
    'That the number of rounds follows from the pilot’s spread costs about one percent point of p < 0.05; verdicts, which must also lie beyond the margin, do not feel it.';
  return {
    check: made(title, items, [model, pilotNote]),
    shares: [significant, verdict, pilotSignificant, pilotVerdict],
  };
}

/** Simulated comparisons with what is slower: how often the slowdown is found. */
export async function checkSimulatedAB(
  options: SimulatedCheck,
  slowdownPercents: readonly number[],
): Promise<Simulated> {
  const judged = { design: piloted, slowdownPercent: 5 };
  const shares: Share[] = [];
  const items = [];
  for (const design of [fixed, piloted]) {
    for (const slowdownPercent of slowdownPercents) {
      const [significant, verdict] = await simulate(options, design, slowdownPercent);
      const rule: ShareRule =
        design === judged.design && slowdownPercent === judged.slowdownPercent
          ? { kind: 'at-least', percent: wantedPercent }
          : { kind: 'shown' };
      shares.push(significant, verdict);
      items.push(shareItem(significant, rule), shareItem(verdict, { kind: 'shown' }));
    }
  }
  const title = { id: 'ab-simulated', part: 'ab', title: 'Simulated slowdowns', unit: '%' } as const;
  const note =
    '“worse” asks for more than p < 0.05: the whole interval must lie beyond the margin, so that small differences that are real stay undecided.';
  return { check: made(title, items, [model, note]), shares };
}

function simulate(
  { runs, pilotRuns, seed, signal }: SimulatedCheck,
  design: Design,
  slowdownPercent: number,
): Promise<readonly [Share, Share]> {
  return simulateShares({
    design,
    slowdownPercent,
    margin,
    runs: design.kind === 'pilot' ? pilotRuns : runs,
    seed,
    signal,
  });
}
