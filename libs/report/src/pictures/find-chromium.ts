import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { npmChromium } from './npm-chromium.ts';

/** A Chromium that can be started. */
export type Chromium = {
  readonly path: string;
  /** What it needs here beside the arguments of every start. */
  readonly args: readonly string[];
  /** What it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
};

export type ChromiumSearch = {
  /** Where PUPPETEER_EXECUTABLE_PATH and PATH are looked up; that of this process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Looked at after PATH; where installers put it, by default. */
  readonly usualPlaces?: readonly string[];
  readonly signal?: AbortSignal;
};

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const windowsPart = 'Google\\Chrome\\Application\\chrome.exe';
const installerPlaces = [
  ...['/usr/bin/chromium', '/usr/bin/google-chrome', '/opt/google/chrome/chrome', '/snap/bin/chromium'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ...[process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].flatMap(
    (folder) => (folder === undefined ? [] : join(folder, windowsPart)),
  ),
];

/**
 * A Chromium for pictures: that of PUPPETEER_EXECUTABLE_PATH, else an installed Chrome or Chromium, else the one of the npm
 * package @sparticuz/chromium, which is unpacked (some 220 MB) into the user's cache folder and used again.
 * @returns `missing`: one line that says why there is none and how to get the pictures.
 * @throws only the signal's reason when aborted.
 */
export async function findChromium({
  environment = process.env,
  usualPlaces = installerPlaces,
  signal,
}: ChromiumSearch = {}): Promise<Chromium | { readonly missing: string }> {
  const wanted = environment.PUPPETEER_EXECUTABLE_PATH ?? '';
  if (wanted !== '') {
    if (await isProgram(wanted)) return installed(wanted);
    return {
      missing: `No PNG pictures: PUPPETEER_EXECUTABLE_PATH is "${wanted}", which is no program. Set it to a Chrome or Chromium, or unset it.`,
    };
  }
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...usualPlaces,
  ];
  for (const path of candidates) if (await isProgram(path)) return installed(path);
  try {
    return await npmChromium({ environment, signal });
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return {
      missing: `No PNG pictures: no Chrome or Chromium is installed, and the one from npm cannot be used (${reason}). Install one, or set PUPPETEER_EXECUTABLE_PATH to its program.`,
    };
  }
}

function installed(path: string): Chromium {
  // Chromium refuses to sandbox what root runs
  return { path, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], environment: {} };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
