import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type RunningGallery = {
  readonly url: URL;
  readonly pid: number;
  /** What it wrote to stderr so far. */
  readonly log: () => string;
  /** The resident memory now, and the most there was, in MiB. */
  readonly memoryMiB: () => { readonly now: number; readonly peak: number };
  /** Ends it, and waits for the end. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
};

const deadlineMs = 30_000;

/** A new folder for uploads, and what removes it. */
export function uploadsFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'gallery-uploads-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Starts the bundled service on a free port, with the heap limit it ships with, and waits until it listens; `through` is a command
 * that becomes it.
 */
export async function startGallery(
  uploadsDir: string,
  variables: Readonly<Record<string, string>> = {},
  through: readonly string[] = [],
): Promise<RunningGallery> {
  const [program = '', ...parameters] = [...through, process.execPath, '--max-heap-size=256', bundle()];
  const child = spawn(program, parameters, {
    env: { PATH: process.env.PATH, PORT: '0', RATE_LIMIT: '0', UPLOADS_DIR: uploadsDir, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const url = await listeningAt(child.stdout).catch((cause: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`the gallery did not start: ${log}`, { cause });
  });
  const pid = child.pid ?? NaN;
  return {
    url,
    pid,
    log: () => log,
    memoryMiB: () => memoryOf(pid),
    stop: (signal) => ended(child, signal),
  };
}

/** The bundle that was made for these tests. */
export function bundle(): string {
  const path = process.env.GALLERY_BUNDLE;
  if (path === undefined) throw new Error('GALLERY_BUNDLE is not set; run the tests with vitest.config.ts');
  return path;
}

async function listeningAt(stdout: NodeJS.ReadableStream): Promise<URL> {
  for await (const line of createInterface({ input: stdout, signal: AbortSignal.timeout(deadlineMs) })) {
    const match = /^listening on (http:\/\/\S+:\d+)$/.exec(line);
    if (match?.[1] !== undefined) return new URL(match[1]);
  }
  throw new Error('it ended before it listened');
}

async function ended(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(deadlineMs) });
  child.kill(signal);
  await exit;
}

function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}
