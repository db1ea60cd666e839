import type { Command } from '@tare/metrics';
import type { Launch } from './contract.ts';
import { runMarks } from './run-marks.ts';

/** @returns the command that runs the artifact on this host. */
export function nodeCommand({ artifact, context }: Launch): Command {
  return {
    file: context.nodeBinary,
    arguments: [...context.resources.nodeArguments, artifact.path],
  };
}

/** @returns all environment variables of an app that runs as a process of this host. */
export function appVariables(
  launch: Launch,
  environment: string,
  port: number,
): Readonly<Record<string, string>> {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    ...launch.variables,
    ...runMarks(launch.context.runId, environment),
  };
}
