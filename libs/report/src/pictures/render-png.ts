import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneLine } from '../model/words.ts';
import type { Chromium } from './chromium.ts';

/** A page of HTML and how much of it to take a picture of, from its top left corner. */
export type PicturePage = {
  readonly fileName: string;
  readonly html: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Pixels of the picture per pixel of the page; 2 by default. */
  readonly scale?: number;
};

export type Picture = { readonly fileName: string; readonly png: Uint8Array };

/** What the process of the pictures is sent by its parent. */
export type PictureSpec = {
  readonly pages: readonly PicturePage[];
  readonly chromium: Chromium;
  /** For all that a browser leaves. */
  readonly folder: string;
};

/** What the process of the pictures sends to its parent. */
export type PictureMessage =
  | { readonly kind: 'done'; readonly images: readonly Uint8Array[] }
  | { readonly kind: 'failed'; readonly reason: string };

type RenderPngOptions = {
  readonly chromium: Chromium;
  readonly signal: AbortSignal;
  /** For all pages together; 2 min by default. */
  readonly deadlineMs?: number;
};

const endDeadlineMs = 5000;
const longestReason = 300;

// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(/render-png\.([jt]s)$/, 'render-png-process.$1');

/**
 * Takes a picture of each page, with one browser for all, without network and without scripts. When it returns or throws,
 * the browser has ended and its folder is gone. The same Chromium and fonts give the same bytes.
 * @throws Error in one line when the browser does not start, breaks, or needs too long; the signal's reason when aborted.
 */
export async function renderPng(
  pages: readonly PicturePage[],
  { chromium, signal, deadlineMs = 120_000 }: RenderPngOptions,
): Promise<readonly Picture[]> {
  signal.throwIfAborted();
  if (pages.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'tare-pictures-'));
  try {
    const images = await imagesOf({ pages, chromium, folder }, signal, deadlineMs);
    return pages.map(({ fileName }, place) => {
      const png = images[place];
      if (png === undefined) throw new Error(`${chromium.path} made no picture of ${fileName}.`);
      return { fileName, png };
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function imagesOf(
  spec: PictureSpec,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<readonly Uint8Array[]> {
  const { chromium, folder } = spec;
  const child = spawn(process.execPath, [processFile], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: { ...ofTheSystem(process.env), ...foldersIn(folder), ...chromium.environment },
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const deadline = AbortSignal.timeout(deadlineMs);
  const aborted = AbortSignal.any([signal, deadline]);
  let stopWaiting: () => void = () => undefined;
  try {
    return await new Promise<readonly Uint8Array[]>((resolve, reject) => {
      const fail = (why: string): void => {
        reject(new Error(`Chromium (${chromium.path}) ${why}`));
      };
      stopWaiting = () => {
        if (signal.aborted) reject(signal.reason as Error);
        else fail(`did not make the pictures within ${deadlineMs / 1000} s.`);
      };
      aborted.addEventListener('abort', stopWaiting);
      child.once('error', (error) => {
        fail(`could not be started: ${error.message}`);
      });
      child.once('close', () => {
        fail(`made no pictures: ${reasonOf('', complaints)}`);
      });
      child.once('message', (message: PictureMessage) => {
        if (message.kind === 'done') resolve(message.images);
        else fail(`made no pictures: ${reasonOf(message.reason, complaints)}`);
      });
      child.send(spec, (error) => {
        if (error !== null) fail(`could not be told what to do: ${error.message}`);
      });
    });
  } finally {
    aborted.removeEventListener('abort', stopWaiting);
    await end(child);
  }
}

/** Without its parent the process ends its browser and itself. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  const impatience = setTimeout(() => child.kill('SIGKILL'), endDeadlineMs);
  await exited;
  clearTimeout(impatience);
}

/** Why there are no pictures: what the library says, without its advice, and the last line of the browser. */
function reasonOf(text: string, complaints: string): string {
  const reason = oneLine(text.split('\n')[0] ?? '').replace(/^Unable to launch browser, error message: /, '');
  const said = oneLine(complaints.trim().split('\n').at(-1) ?? '').slice(-longestReason);
  const start = (reason === '' ? 'it ended early' : reason.slice(0, longestReason)).replace(/[.:]$/, '');
  return said === '' ? `${start}.` : `${start}; it said "${said}".`;
}

/** What a browser needs of the environment: its programs, libraries, fonts and language, and nothing that leads it elsewhere. */
function ofTheSystem(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const wanted =
    /^(PATH|HOME|USER|LANG|LANGUAGE|LC_\w+|LD_LIBRARY_PATH|FONTCONFIG_\w+|SYSTEMROOT|PROGRAM\w*)$/i;
  return Object.fromEntries(Object.entries(variables).filter(([name]) => wanted.test(name)));
}

/** Where a browser leaves things beside its profile. */
function foldersIn(folder: string): Readonly<Record<string, string>> {
  return {
    TMPDIR: folder,
    TMP: folder,
    TEMP: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  };
}
