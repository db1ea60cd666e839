import { delimiter } from 'node:path';
import { expect, test } from 'vitest';
import { findProcess } from '../meters/process-table.ts';
import { awaitProgram, findProgram, lastLines, runProgram } from './run-program.ts';

const signal = new AbortController().signal;
const options = { signal, deadlineMs: 10_000 };

test('a failure comes with the command and its last lines', async () => {
  const failing = runProgram('sh', ['-c', 'echo one; echo two >&2; exit 3'], options);
  await expect(failing).rejects.toThrow(/^sh -c .* failed with 3: .*two/);
  await expect(runProgram('false', [], { ...options, shownAs: 'the check' })).rejects.toThrow(
    /^the check failed with 1$/,
  );
});

test('what a program says of a failure can do no harm where it is printed', async () => {
  const failing = runProgram('printf', ['::error::boo\\n\\033[2J%d', 'x'], options);
  await expect(failing).rejects.toThrow(/: : :error::boo \| /);
  await failing.catch((error: Error) => {
    // eslint-disable-next-line no-control-regex
    expect(error.message.slice(40)).not.toMatch(/[\u0000-\u001f]/);
  });
});

test('a program that is not there is named', async () => {
  await expect(runProgram('tare-no-such-program', [], options)).rejects.toThrow(
    'tare-no-such-program cannot be run',
  );
});

test('every line is passed on as it comes, the last one even without its end', async () => {
  const lines: string[] = [];
  const { stdout } = await awaitProgram('printf', ['a\\nb'], {
    ...options,
    onLine: (line) => void lines.push(line),
  });
  expect(lines).toEqual(['a', 'b']);
  expect(stdout).toBe('a\nb\n');
});

test('a program reads what it is given, or nothing', async () => {
  expect(await runProgram('cat', [], { ...options, input: 'a\n' })).toBe('a\n');
  expect(await runProgram('cat', [], options)).toBe('');
});

test('a program gets no variables that lead it elsewhere', async () => {
  const inherited = { PATH: process.env.PATH, GIT_DIR: '/other/.git', A: '1' };
  const told = await runProgram('env', [], { ...options, inherited, variables: { B: '2' } });
  expect(told.trim().split('\n').sort()).toEqual(['A=1', 'B=2', `PATH=${process.env.PATH ?? ''}`]);
});

test('an abort ends the children of a program too, and those that ignore SIGINT', async () => {
  const abort = new AbortController();
  const begun = Promise.withResolvers<number>();
  const script = 'trap "" INT; sleep 60 & echo $!; wait; sleep 60';
  const running = awaitProgram('bash', ['-c', script], {
    signal: abort.signal,
    deadlineMs: 30_000,
    endSignal: 'SIGINT',
    graceMs: 200,
    onLine: (line) => begun.resolve(Number(line)),
  });
  const pid = await begun.promise;
  abort.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await expect.poll(() => findProcess(pid), { timeout: 2000 }).toBeUndefined();
});

test('a program that takes too long is ended and told', async () => {
  const late = awaitProgram('sleep', ['60'], { signal, deadlineMs: 100 });
  await expect(late).rejects.toThrow('sleep 60 was ended after 100 ms');
});

test('a program that leaves a daemon with its pipes does not wait for it', async () => {
  const startedAt = performance.now();
  const pid = Number(await runProgram('sh', ['-c', 'setsid sleep 30 & echo $!'], options));
  expect(performance.now() - startedAt).toBeLessThan(5000);
  process.kill(pid, 'SIGKILL');
});

test.each([
  ['yes', 'x'.repeat(1000)],
  // a single line
  ['cat', '/dev/zero'],
])('a program that writes without end is ended (%s)', async (program, argument) => {
  const longestStdout = 3 * 2 ** 20;
  const endless = runProgram(program, [argument], { ...options, shownAs: program, longestStdout });
  await expect(endless).rejects.toThrow(
    `${program} was ended: it wrote more than ${longestStdout} characters`,
  );
});

test('the last lines leave out blank ones and noise', () => {
  expect(lastLines('a\n\n b \nnoise 1\nc\n', 2, /^noise/)).toBe('b | c');
});

test('a program is found in the folders of a PATH, of which an empty one is none', () => {
  expect(findProgram('sh')).toMatch(/^\/.*\/sh$/);
  expect(findProgram('package.json', delimiter)).toBeUndefined();
  expect(findProgram('sh', '/none')).toBeUndefined();
});
