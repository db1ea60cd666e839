/** The janitor's process: waits until its standard input ends, and reaps the run unless it was dismissed. */
const [configPath, runId] = process.argv.slice(2);
const deadlineMs = 120_000;
const secondLookMs = 2000;

// a signal to the terminal or process group of the runner must not end this process
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let said = '';
process.stdin.on('data', (chunk: Buffer) => (said += chunk.toString()));
process.stdin.on('close', () => {
  if (said === 'dismissed' || configPath === undefined || runId === undefined) process.exit(0);
  void reapRun(configPath, runId).finally(() => process.exit(0));
});

async function reapRun(path: string, id: string): Promise<void> {
  // loaded only now: a janitor that waits costs nothing
  const { loadConfig } = await import('../config/load-config.ts');
  const { environmentsOf } = await import('../config/resolve-config.ts');
  const environments = environmentsOf(await loadConfig(path));
  const reap = () =>
    Promise.allSettled(environments.map((each) => each.reap(id, AbortSignal.timeout(deadlineMs))));
  await reap();
  // a daemon may still have been carrying out the dead runner's last order
  await new Promise((resolve) => setTimeout(resolve, secondLookMs));
  await reap();
}
