import type { Artifact, Environment } from '@tare/environment';

/** @returns the name of the base's copy of an environment. */
export function baseNameOf(environment: string): string {
  return `${environment}@base`;
}

/**
 * An environment of the base's configuration under the base's name: whatever artifact it is given, it runs the base's.
 * @param artifacts of the base, by app.
 */
export function baseSideOf(environment: Environment, artifacts: ReadonlyMap<string, Artifact>): Environment {
  const ofBase = (given: Artifact): Artifact => {
    const artifact = artifacts.get(given.workload);
    if (artifact === undefined) throw new Error(`the base has no artifact of ${given.workload}`);
    return artifact;
  };
  return {
    ...environment,
    name: baseNameOf(environment.name),
    prepare: (artifact, context, signal) => environment.prepare(ofBase(artifact), context, signal),
    start: (launch, signal) => environment.start({ ...launch, artifact: ofBase(launch.artifact) }, signal),
  };
}
