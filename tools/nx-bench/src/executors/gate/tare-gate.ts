#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callerNode } from '@tare/environment/caller-node';
import { answerForCaller, exitCodeVariable, readExitCode } from './exit-code-file.ts';

const notMeasured = 3;
const usage = `Usage: tare-gate [project:target] [options of the gate]
Runs the gate (bench:gate unless told) with Nx and ends with its exit code:
0 pass, 1 regression, 2 undecided, 3 not measured. Nx itself ends with 1 for all but a pass.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  const [first = ''] = args;
  const [target, options] =
    first.includes(':') && !first.startsWith('-') ? [first, args.slice(1)] : ['bench:gate', args];
  const folder = await mkdtemp(join(tmpdir(), 'tare-gate-exit-'));
  try {
    const file = join(folder, 'code');
    await answerForCaller(file);
    const code = await runNx(['run', target, ...options], { ...process.env, [exitCodeVariable]: file });
    // if no gate ran, nothing was measured; an interrupted one keeps the code of the signal
    return (await readExitCode(file)) ?? (code > 128 ? code : notMeasured);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runNx(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let nx: string;
  try {
    nx = createRequire(join(process.cwd(), 'package.json')).resolve('nx/bin/nx.js');
  } catch {
    process.stderr.write(
      `tare-gate: no Nx in ${process.cwd()}; run it in the root of a workspace, after npm ci\n`,
    );
    return notMeasured;
  }
  const child = spawn(callerNode(), [nx, ...args], { stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  // Ctrl-C reaches Nx by itself; a signal to this process alone has to be passed on
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT') child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? notMeasured;
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}
