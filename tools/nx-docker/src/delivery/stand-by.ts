/** The process that removes the container of a docker-run when its standard input ends, unless it was dismissed. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const [step, container, socket] = process.argv.slice(2);
const graceS = 5;
const secondLookMs = 2000;
let said = '';

if (step === 'launch') {
  // a child of a child whose parent has ended, in a session of its own: Nx ends all descendants of a task
  const words = [import.meta.filename, 'wait', ...process.argv.slice(3)];
  spawn(process.execPath, words, { stdio: 'inherit', detached: true }).unref();
} else {
  // a signal to the terminal or process group of the task must not end this process
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdin.on('data', (chunk: Buffer) => (said += chunk.toString()));
  process.stdin.on('close', () => {
    if (said === 'dismissed' || container === undefined) process.exit(0);
    // the next run removes what cannot be removed now
    void remove(container).finally(() => process.exit());
  });
}

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
