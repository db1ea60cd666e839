import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Ends a process group: SIGINT to all in it, and SIGKILL to what is left after the grace.
 * @param leaderPid pid of the process that was started as the leader of its own group.
 */
export async function endGroup(leaderPid: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  if (!signalGroup(leaderPid, 'SIGINT')) return;
  while (performance.now() < deadline) {
    await sleep(50);
    if (!signalGroup(leaderPid, 0)) return;
  }
  signalGroup(leaderPid, 'SIGKILL');
}

/** @returns whether there was anybody in the group. */
function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leaderPid, signal);
    return true;
  } catch {
    return false;
  }
}
