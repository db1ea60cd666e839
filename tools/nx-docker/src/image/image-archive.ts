import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ImageConfig } from '@tare/environment';
import { messageOf } from '@tare/nx-kit';
import { extract } from 'tar-stream';
import { z } from 'zod';

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const manifestSchema = z.tuple([z.object({ Config: z.string() })], z.unknown());

/** The configuration of an image (OCI Image Format Specification, "Image Configuration"). */
const configSchema = z.object({
  architecture: z.string(),
  config: z
    .object({
      Entrypoint: list,
      Cmd: list,
      Env: list,
      WorkingDir: z.string().default(''),
      User: z.string().default(''),
      ExposedPorts: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((value) => Object.keys(value ?? {})),
    })
    .prefault({}),
});

/** What an image says about itself. */
export type ArchivedImage = {
  /** In Docker's words: "amd64", "arm64". */
  readonly architecture: string;
  readonly config: ImageConfig;
};

// layers may be larger, and are not read
const largestConfigBytes = 4 * 2 ** 20;

/**
 * Reads how an image is run from its archive, as `docker save` writes it. Needs no engine.
 * @throws Error in one line when the file is missing or no such archive.
 */
export async function readImageArchive(path: string): Promise<ArchivedImage> {
  try {
    const files = new Map<string, string>();
    const entries = extract();
    const reading = pipeline(createReadStream(path), entries);
    // a failure ends the loop below, too
    reading.catch(() => undefined);
    for await (const entry of entries) {
      const { name, size = 0, type } = entry.header;
      const isCandidate = /\.json$|^blobs\//.test(name) && size <= largestConfigBytes;
      if (type === 'file' && isCandidate) files.set(name, await text(entry));
      else entry.resume();
    }
    await reading;
    const [{ Config }] = manifestSchema.parse(JSON.parse(files.get('manifest.json') ?? 'null'));
    const { architecture, config } = configSchema.parse(JSON.parse(files.get(Config) ?? 'null'));
    return {
      architecture,
      config: {
        command: [...config.Entrypoint, ...config.Cmd],
        variables: config.Env,
        workingDirectory: config.WorkingDir || '/',
        user: config.User,
        ports: config.ExposedPorts.flatMap((port) => {
          const [, number] = /^(\d+)(?:\/tcp)?$/.exec(port) ?? [];
          return number === undefined ? [] : [Number(number)];
        }),
      },
    };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is no archive of docker save' : messageOf(cause);
    throw new Error(`${path} cannot be read as an image: ${why}`, { cause });
  }
}
