import { writeAside } from '../write-aside.ts';
import type { CapacityFile } from './capacity-file.ts';
import { checkCapacity } from './parse-capacity-file.ts';

/**
 * Validates a capacity file and writes it, whole or not at all; creates the folder. What was there before stays until then.
 * @throws Error, one line that names the file and what is wrong with it, or why it could not be written.
 */
export async function writeCapacityFile(path: string, file: CapacityFile): Promise<void> {
  await writeAside(path, `${JSON.stringify(checkCapacity(file, path), null, 2)}\n`);
}
