/** The process that removes the container of a docker-run whose task has ended without having done so itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { standBy } from '@tare/metrics';

const graceS = 5;
const secondLookMs = 2000;

const [container, socket] = await standBy();
// the next run removes what cannot be removed now
if (container !== undefined) await remove(container).catch(() => undefined);
process.exit();

async function remove(name: string): Promise<void> {
  // loaded only now: what waits costs little
  const { connectEngine } = await import('../engine/connect-engine.ts');
  const { removeContainer } = await import('../environment/container.ts');
  const engine = await connectEngine(socket);
  await removeContainer(engine, name, graceS, AbortSignal.timeout(60_000));
  // the engine may still have been carrying out the last order of a task that was killed
  await sleep(secondLookMs);
  await removeContainer(engine, name, graceS, AbortSignal.timeout(60_000));
}
