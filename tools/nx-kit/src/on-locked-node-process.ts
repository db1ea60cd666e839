/** The process on the locked Node: is sent an executor and its options over IPC, runs it, and sends back whether it succeeded. */
import type { PromiseExecutor } from '@nx/devkit';
import type { ExecutorAnswer, ExecutorMessage } from './on-locked-node.ts';

process.once('message', ({ module, options, context }: ExecutorMessage) => {
  void run(module, options, context).then(({ success }) => {
    const answer: ExecutorAnswer = { success };
    process.send?.(answer, () => process.exit());
  });
});

async function run(
  module: string,
  options: object,
  context: ExecutorMessage['context'],
): Promise<ExecutorAnswer> {
  try {
    const { default: executor } = (await import(module)) as { readonly default: PromiseExecutor<object> };
    return await executor(options, context);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return { success: false };
  }
}
