import { appendFile } from 'node:fs/promises';
import { fileProblem } from '../file-problem.ts';
import { schemaProblem } from '../schema-problem.ts';
import { capacityStepSchema, type CapacityStep } from './capacity-file.ts';

/**
 * Appends a step as one line of JSON; resolves when it has reached the disk. The folder must be there.
 * @throws Error, one line, when the step is invalid or cannot be written.
 */
export async function appendCapacityStep(path: string, step: CapacityStep): Promise<void> {
  const result = capacityStepSchema.safeParse(step);
  const name = `step of "${step.environment}" at ${step.rateRps} req/s`;
  if (!result.success) throw new Error(`${path}: ${name} is invalid: ${schemaProblem(result.error, step)}`);
  try {
    await appendFile(path, `${JSON.stringify(result.data)}\n`, { flush: true });
  } catch (error) {
    throw fileProblem(path, `${name} not written`, error);
  }
}
