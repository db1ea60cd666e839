import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canary, filesWith, watchCommandLines } from '../../../../canary.shared.ts';

describe('tare in a folder that is no Nx workspace', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tare command line-'));
    const scope = join(folder, 'node_modules', '@tare');
    await mkdir(scope, { recursive: true });
    await symlink(join(import.meta.dirname, '../..'), join(scope, 'nx-bench'));
    const files = {
      'package.json': '{ "type": "module" }',
      'server.mjs': `
        import { createServer } from 'node:http';
        createServer((request, reply) => reply.end('{"ok":true}')).listen(Number(process.env.PORT), process.env.HOST);
        process.on('SIGTERM', () => process.exit(0));`,
      'bench.config.ts': `
        import { defineBench, native, node } from '@tare/nx-bench';
        export default defineBench({
          workloads: { api: node(new URL('server.mjs', import.meta.url), { get: '/', variables: { TOKEN: '${canary}' } }) },
          environments: [native()],
          control: false, starts: 0, retries: 0,
          load: { connections: 2, warmupMs: 100, durationMs: 300, open: false },
        });`,
      'project.config.ts': `
        import { defineBench, native, project } from '@tare/nx-bench';
        export default defineBench({ workloads: { api: project('api', { get: '/' }) }, environments: [native()] });`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** @param until when it has printed this, it gets the signal. */
  async function tare(args: readonly string[], until = '', signal: NodeJS.Signals = 'SIGINT') {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'tare.ts'), ...args], { cwd: folder });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        const isSeen = until !== '' && output.includes(until);
        output += text;
        if (until !== '' && !isSeen && output.includes(until)) child.kill(signal);
      });
    await once(child, 'close');
    return { code: child.exitCode, output };
  }

  it('measures and reports, and the variables of the app are nowhere', async () => {
    const watch = watchCommandLines(canary);
    const { code, output } = await tare(['compare', '--rounds=1', '--no-png']);
    expect(watch.end().seen).toEqual([]);
    expect([code, output]).toEqual([0, expect.stringContaining('Written: reports/latest/report.html')]);
    expect(await readdir(join(folder, 'reports', 'latest'))).toContain('run.json');
    expect(output).not.toContain(canary);
    expect(filesWith(canary, folder)).toEqual([join(folder, 'bench.config.ts')]);
  });

  it('ends quietly, and as it would have, when nobody reads to the end', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'tare.ts'), 'report', '--no-png'], {
      cwd: folder,
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.stdout.destroy();
    await once(child, 'close');
    expect([child.exitCode, errors]).toEqual([0, '']);
  });

  it('ends with the number of the signal when it is told to end, and writes no report then', async () => {
    const { code, output } = await tare(['measure', '--rounds=50'], 'round 1/50', 'SIGTERM');
    expect([code, output]).toEqual([
      143,
      expect.stringContaining('interrupted by SIGTERM; everything is taken down'),
    ]);
  });

  it('ends with the exit code of the gate', async () => {
    const { code, output } = await tare(['gate', '--base=nowhere']);
    expect([code, output]).toEqual([3, expect.stringContaining('is in no git repository')]);
  });

  it('says in one line what it cannot do without a workspace', async () => {
    const none = await tare(['doctor', '--config=none.ts']);
    expect([none.code, none.output]).toEqual([
      1,
      expect.stringMatching(/^there is no none\.ts in [^\n]*\n$/),
    ]);
    const { code, output } = await tare(['measure', '--config=project.config.ts', '--rounds=1']);
    expect([code, output]).toEqual([
      1,
      expect.stringContaining(
        'nothing here knows the projects of a workspace: name what api builds, by node(…) or files(…)',
      ),
    ]);
  });
});
