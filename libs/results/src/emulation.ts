import type { EnvironmentResult } from './run-file.ts';

/**
 * Whether an environment ran on an emulated CPU (fact `emulated: true`, or `accelerator: "tcg"`). Its numbers are
 * shown with that mark and no verdict: they weigh the emulator.
 */
export function isEmulated(environment: Pick<EnvironmentResult, 'facts'> | undefined): boolean {
  if (environment === undefined) return false;
  const { emulated, accelerator } = environment.facts;
  return emulated === true || accelerator === 'tcg';
}
