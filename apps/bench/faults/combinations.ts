import { seededRandom } from '@tare/statistics';
import type { Combination } from './attempt.ts';
import { faults } from './fault-list.ts';
import { phases } from './phases.ts';
import type { EnvironmentTraits } from './view.ts';

/**
 * @param environments those that can be used here; the first is that of phases which are the same in all.
 * @param only beginnings of names of faults and phases; none for all.
 */
export function combinationsOf(
  environments: ReadonlyMap<string, EnvironmentTraits>,
  only: { readonly faults: readonly string[]; readonly phases: readonly string[] },
): readonly Combination[] {
  const isMeant = (name: string, beginnings: readonly string[]): boolean =>
    beginnings.length === 0 || beginnings.some((each) => name.startsWith(each));
  return [...environments].flatMap(([environment, traits], place) =>
    phases
      .filter(({ isOfEnvironment, name }) => (isOfEnvironment || place === 0) && isMeant(name, only.phases))
      .flatMap((phase) =>
        faults
          .filter((fault) => isMeant(fault.name, only.faults) && fault.isPossible(phase, traits))
          .map((fault) => ({ fault, phase, environment, traits })),
      ),
  );
}

/**
 * Some combinations in a random order: first those that show every fault, phase and environment once, then others.
 * @param others how many of these at most.
 */
export function covering(all: readonly Combination[], seed: number, others: number): readonly Combination[] {
  const random = seededRandom(seed);
  const left = all
    .map((each) => ({ each, at: random.uint32() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ each }) => each);
  const seen = new Set<unknown>();
  const chosen: Combination[] = [];
  const news = ({ fault, phase, environment }: Combination): number =>
    [fault, phase, environment].filter((each) => !seen.has(each)).length;
  for (;;) {
    const most = Math.max(0, ...left.map(news));
    if (most === 0) return [...chosen, ...left.slice(0, others)];
    const [next] = left.splice(
      left.findIndex((each) => news(each) === most),
      1,
    );
    if (next === undefined) return chosen;
    chosen.push(next);
    for (const each of [next.fault, next.phase, next.environment]) seen.add(each);
  }
}
