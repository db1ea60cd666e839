import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '@tare/environment';
import { appOf, type Workload } from '../config/workload.ts';

/**
 * Reads and hashes the bundle of a workload.
 * @throws Error with one line when it is not there: it is made by the workload's build.
 */
export async function readArtifact({ name, artifact }: Workload): Promise<Artifact> {
  const path = fileURLToPath(artifact);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(
      `workload ${name}: its artifact ${path} cannot be read (${code}); build it: nx run ${appOf(name)}:build`,
      {
        cause: error,
      },
    );
  }
  return {
    workload: appOf(name),
    path,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
  };
}
