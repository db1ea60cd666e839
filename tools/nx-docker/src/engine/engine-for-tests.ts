import { requiredKinds } from '@tare/environment';
import type { Engine } from './connect-engine.ts';
import { type EngineFacts, probeEngine } from './probe-engine.ts';

/** The engine that tests run against. */
export type TestEngine = { readonly engine: Engine; readonly facts: EngineFacts };

/**
 * The host's engine for tests; undefined, with the reason printed, where there is none.
 * @throws Error where there is none and `TARE_REQUIRE` names docker.
 */
export async function engineForTests(): Promise<TestEngine | undefined> {
  const found = await probeEngine(AbortSignal.timeout(10_000));
  if (found.usable) return { engine: found.engine, facts: found.facts };
  const line = `${found.reason}. ${found.remedy}`;
  if (requiredKinds().has('docker')) throw new Error(line);
  process.stdout.write(`tests with a real engine skipped: ${line}\n`);
  return undefined;
}
