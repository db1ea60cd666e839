import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeToRunOn } from './on-locked-node.ts';

describe('the Node to run on', () => {
  const locked = { binary: '/there/bin/node', version: '24.21.0' };

  it('is this one if it is the locked one, or new enough where there is no locked one', () => {
    expect(nodeToRunOn('v24.21.0', locked)).toEqual({ binary: undefined });
    expect(nodeToRunOn('v26.1.0', undefined)).toEqual({ binary: undefined });
  });

  it('is the locked one for an older and for a newer one', () => {
    expect(nodeToRunOn('v20.20.2', locked)).toEqual({ binary: locked.binary });
    expect(nodeToRunOn('v26.1.0', locked)).toEqual({ binary: locked.binary });
  });

  it('is none where this one is too old and there is no locked one, which is said in one line', () => {
    expect(nodeToRunOn('v22.12.0', undefined)).toEqual({
      problem: expect.stringMatching(
        /^this is Node v22\.12\.0, and Tare measures with Node 24 or newer; install it beside yours: npm install --save-dev @tare\/node-.*$/,
      ) as string,
    });
  });
});

describe('an executor on another Node', { timeout: 60_000 }, () => {
  let folder: string;
  // a "Node" of another version, in a package beside a copy of the entry: this Node, which says that it was called
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tare-on-node-'));
    const node = join(folder, 'node_modules', `@tare/node-${process.platform}-${process.arch}`);
    await mkdir(join(node, 'bin'), { recursive: true });
    await writeFile(join(node, 'package.json'), '{ "version": "1.2.3" }');
    await writeFile(
      join(node, 'bin/node'),
      `#!/bin/sh\necho on the other Node\nexec "${process.execPath}" "$@"\n`,
    );
    await chmod(join(node, 'bin/node'), 0o755);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(
      join(folder, 'executor.ts'),
      `export default async (options, context) => {
         console.log(JSON.stringify([options, context.root, process.env.TARE_CALLER_NODE, process.env.PATH]));
         if (options.wait) await new Promise((resolve) => { process.once('SIGTERM', resolve); setTimeout(() => {}, 60_000); console.log('waits'); }).then(() => console.log('told to end'));
         if (options.fails) throw new Error('it fails');
         return { success: options.good };
       };`,
    );
    await copyOfEntry(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('gets its options and context, and this Node for what is the user’s; PATH stays', async () => {
    const { output, answer } = await runIn(folder, { good: true });
    expect(output).toContain('on the other Node\n');
    expect(output).toContain(JSON.stringify([{ good: true }, '/ws', process.execPath, process.env.PATH]));
    expect(answer).toEqual({ success: true });
  });

  it('fails when the executor does, or throws, with what it said', async () => {
    expect((await runIn(folder, { good: false })).answer).toEqual({ success: false });
    const { output, answer } = await runIn(folder, { fails: true });
    expect([answer, output.includes('it fails')]).toEqual([{ success: false }, true]);
  });

  it('gets the signal that ends the task, and may clean up', async () => {
    const { output, answer } = await runIn(folder, { wait: true, good: true }, 'waits');
    expect([answer, output.includes('told to end')]).toEqual([{ success: true }, true]);
  });
});

/** The entry as a package has it: it looks for the locked Node from where it lies. */
async function copyOfEntry(folder: string): Promise<void> {
  for (const name of ['on-locked-node.ts', 'on-locked-node-process.ts'])
    await copyFile(join(import.meta.dirname, name), join(folder, name));
  const environment = join(folder, 'node_modules/@tare/environment');
  await mkdir(environment, { recursive: true });
  // below node_modules Node strips no types
  await writeFile(
    join(environment, 'package.json'),
    JSON.stringify({ type: 'module', exports: { './caller-node': './caller-node.js' } }),
  );
  const source = join(import.meta.dirname, '../../../libs/environment/src/caller-node.ts');
  await writeFile(join(environment, 'caller-node.js'), stripTypeScriptTypes(await readFile(source, 'utf8')));
}

/** Runs the executor as Nx does, in a process of its own; sends it SIGTERM after a text. */
async function runIn(folder: string, options: object, endAfter?: string) {
  const entry = pathToFileURL(join(folder, 'on-locked-node.ts')).href;
  const script = `
    import { executorOnLockedNode } from '${entry}';
    const run = executorOnLockedNode(new URL('executor.ts', '${entry}'));
    const answer = await run(${JSON.stringify(options)}, { root: '/ws' });
    console.log('answer ' + JSON.stringify(answer));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (endAfter !== undefined && chunk.includes(endAfter)) child.kill('SIGTERM');
    });
  await once(child, 'close');
  return { output, answer: JSON.parse(/^answer (.*)$/m.exec(output)?.[1] ?? 'null') as unknown };
}
