import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import { isStatus } from '../engine/engine-error.ts';

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const set = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => Object.keys(value ?? {}).sort());

const imageAnswer = z.object({
  Id: z.string(),
  Architecture: z.string(),
  Size: z.int().nonnegative(),
  RootFS: z.object({ Layers: list }),
  Config: z.object({
    User: z.string().default(''),
    WorkingDir: z
      .string()
      .default('')
      .transform((value) => value || '/'),
    StopSignal: z.string().default(''),
    Env: list,
    Entrypoint: list,
    Cmd: list,
    ExposedPorts: set,
    Volumes: set,
    Labels: z
      .record(z.string(), z.string())
      .nullish()
      .transform((value) => Object.entries(value ?? {}).sort()),
    Healthcheck: z.unknown().optional(),
  }),
});
/** What the engine says of an image, as far as it is used: absent lists and sets are empty ones. */
export type ImageFacts = z.infer<typeof imageAnswer>;

/** Asks for an image by ID, tag or digest; undefined when the engine does not have it. */
export async function inspectImage(
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<ImageFacts | undefined> {
  try {
    return await engine.ask({ method: 'GET', path: `/images/${name}/json`, signal }, imageAnswer);
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}
