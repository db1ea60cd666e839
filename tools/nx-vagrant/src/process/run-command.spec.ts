import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { awaitCommand, lastLines, runCommand } from './run-command.ts';

const never = new AbortController().signal;

test('a failure is told with the command and its last lines', async () => {
  const failing = runCommand('sh', ['-c', 'echo one; echo two >&2; exit 3'], {
    signal: never,
    deadlineMs: 5_000,
  });
  await expect(failing).rejects.toThrow(/^sh -c .* failed with 3: .*two/);
});

test('a program that is not there is named', async () => {
  await expect(runCommand('tare-no-such-program', [], { signal: never, deadlineMs: 5_000 })).rejects.toThrow(
    'tare-no-such-program cannot be run',
  );
});

test('every line is told as it comes, and the last one too without its end', async () => {
  const lines: string[] = [];
  const options = { signal: never, deadlineMs: 5_000, onLine: (line: string) => void lines.push(line) };
  const { stdout } = await awaitCommand('printf', ['a\\nb'], options);
  expect(lines).toEqual(['a', 'b']);
  expect(stdout).toBe('a\nb\n');
});

test('an abort ends the children of a program too, and those that ignore SIGINT', async () => {
  const abort = new AbortController();
  const pids: number[] = [];
  const script = 'trap "" INT; sleep 60 & echo $!; wait; sleep 60';
  const running = awaitCommand('bash', ['-c', script], {
    signal: abort.signal,
    deadlineMs: 30_000,
    graceMs: 200,
    onLine: (line) => void pids.push(Number(line)),
  });
  while (pids.length === 0) await sleep(20);
  abort.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await expect.poll(() => isGone(pids[0] ?? 0), { timeout: 2_000 }).toBe(true);
});

test('a program that takes too long is ended and told', async () => {
  const late = awaitCommand('sleep', ['60'], { signal: never, deadlineMs: 100 });
  await expect(late).rejects.toThrow('sleep 60 was ended after 100 ms');
});

test('the last lines leave out blank ones', () => {
  expect(lastLines('a\n\n b \nc\n', 2)).toBe('b | c');
});

async function isGone(pid: number): Promise<boolean> {
  const { readFile } = await import('node:fs/promises');
  // a first process that never reaps leaves a zombie
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return /\) [ZX]/.test(stat);
}
