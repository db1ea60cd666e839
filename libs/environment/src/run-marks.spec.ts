import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findRunner, isLeft, isRunnerGone, runnerPattern, thisRunner } from './run-marks.ts';

const module = new URL('run-marks.ts', import.meta.url).href;
const isRoot = process.getuid?.() === 0;

/** A process that tells its mark, and lives until it is killed. */
async function runner(wrapper: readonly string[] = []) {
  const script = `import { thisRunner } from '${module}'; process.stdout.write(thisRunner()); setInterval(() => {}, 1000);`;
  const [program = '', ...rest] = [...wrapper, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    mark: text.toString(),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

describe.skipIf(!existsSync('/proc/self/ns/pid'))('a runner’s mark', () => {
  it('stays the same, and may stand in a file name and a label', () => {
    expect(thisRunner()).toBe(thisRunner());
    expect(thisRunner()).toMatch(new RegExp(`^${runnerPattern.source}$`));
    expect(findRunner(thisRunner())?.pid).toBe(process.pid);
    expect(isRunnerGone(thisRunner())).toBe(false);
    // what this one started, it may remove
    expect(isLeft({ run: 'a', runner: thisRunner() }, 'a')).toBe(true);
    expect(isLeft({ run: 'a', runner: thisRunner() }, 'b')).toBe(false);
  });

  it('tells the end of another process', async () => {
    const { mark, kill } = await runner();
    expect([isRunnerGone(mark), isLeft({ run: 'a', runner: mark }, 'a')]).toEqual([false, false]);
    await kill();
    expect([isRunnerGone(mark), isLeft({ run: 'a', runner: mark }, 'a')]).toEqual([true, true]);
    expect(findRunner(mark)).toBeUndefined();
  });

  it('is another’s when its pid has been given to a later process', () => {
    expect(isRunnerGone(thisRunner().replace(/\d+$/, '1'))).toBe(true);
  });

  it.skipIf(!isRoot)('holds across pid namespaces, in which the pids differ', async () => {
    const { mark, kill } = await runner(['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']);
    expect(mark).toMatch(/\.1\.\d+$/);
    expect(isRunnerGone(mark)).toBe(false);
    expect(findRunner(mark)?.pid).toBeGreaterThan(1);
    await kill();
  });

  it.skipIf(!isRoot)('of a process that cannot be seen is never taken for gone', () => {
    const script = `import { isRunnerGone } from '${module}'; process.stdout.write(String(isRunnerGone('${thisRunner()}')));`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    const { stdout } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', ...node], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('false');
  });

  it('of another user, of another machine, or none, is never taken for gone', () => {
    const gone = thisRunner().replace(/\d+$/, '1');
    const [boot, space, user, ...rest] = gone.split('.');
    const ofUser = [boot, space, Number(user) + 1, ...rest].join('.');
    const ofBoot = ['00000000', space, user, ...rest].join('.');
    expect([ofUser, ofBoot, undefined, '', 'x'].map((mark) => isRunnerGone(mark, false))).toEqual(
      Array(5).fill(false),
    );
    // what cannot have come from elsewhere is left from before the last start of this host
    expect(isRunnerGone(ofBoot)).toBe(true);
  });
});
