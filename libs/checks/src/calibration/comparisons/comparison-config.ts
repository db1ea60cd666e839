import { fileURLToPath, pathToFileURL } from 'node:url';
import { native, type Environment } from '@tare/environment';
import type { BenchConfig } from '@tare/runner';

/** Windows and rounds of a real comparison; shorter than those of a default run, so that many fit into the budget. */
export type ComparisonSizes = {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly windowMs: number;
};

const app = fileURLToPath(import.meta.url).replace(/comparison-config\.([jt]s)$/, 'calibration-app.$1');
// about 2 ms: HTTP is a few percent of a request, so that a slowdown of the work is one of the request
const workIterations = 12_000;
const connections = 2;

/**
 * The configuration of a run of the calibration's own app: natively and in a twin, and natively with so many percent more
 * work per request.
 */
export function comparisonConfig(
  { rounds, warmupMs, windowMs }: ComparisonSizes,
  slowdownPercents: readonly number[],
  seed: number,
): BenchConfig {
  return {
    workloads: [
      {
        name: 'calibration',
        artifact: pathToFileURL(app),
        healthPath: '/health',
        request: () => ({ path: '/' }),
        conformance: [{ request: { path: '/health' }, status: 200, json: { status: 'ok' } }],
        variables: { WORK: String(workIterations) },
      },
    ],
    environments: [native(), ...slowdownPercents.map(slowerBy)],
    control: true,
    rounds,
    load: { connections, warmupMs, durationMs: windowMs, open: false },
    seed,
  };
}

/** @returns the name of the environment that is slower by so many percent. */
export function slowerName(percent: number): string {
  return `slower-${percent}`;
}

function slowerBy(percent: number): Environment {
  const environment = native();
  return {
    ...environment,
    name: slowerName(percent),
    start: (launch, signal) =>
      environment.start(
        { ...launch, variables: { ...launch.variables, SLOWDOWN: String(1 + percent / 100) } },
        signal,
      ),
  };
}
