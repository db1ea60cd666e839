import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../model/words.ts';

/** A Chromium that can be started. */
export type Chromium = {
  readonly path: string;
  /** What it needs here beside the arguments of every start. */
  readonly args: readonly string[];
  /** What it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
};

type ChromiumSearch = {
  /** Where PUPPETEER_EXECUTABLE_PATH and PATH are looked up; that of this process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Looked at after PATH; where installers put it, by default. */
  readonly usualPlaces?: readonly string[];
  readonly signal?: AbortSignal;
};

// who wants no PNGs need not have these
const library = 'node-html-to-image';
const npmPackage = '@sparticuz/chromium';

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
  if (!isInstalled(library)) {
    return {
      missing: `No PNG pictures: they take two packages that are not installed. Install them: PUPPETEER_SKIP_DOWNLOAD=1 npm install --save-dev ${library} ${npmPackage}`,
    };
  }
  const wanted = environment.PUPPETEER_EXECUTABLE_PATH ?? '';
  if (wanted !== '') {
    if (await isProgram(wanted)) return installed(wanted);
    return {
      missing: `No PNG pictures: PUPPETEER_EXECUTABLE_PATH is "${wanted}", which is no program. Set it to a Chrome or Chromium, or unset it.`,
    };
  }
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const path of [...onPath, ...usualPlaces]) if (await isProgram(path)) return installed(path);
  try {
    return await npmChromium(environment, signal);
  } catch (error) {
    signal?.throwIfAborted();
    return {
      missing: `No PNG pictures: no Chrome or Chromium is installed, and the one from npm cannot be used (${messageOf(error)}). Install one, or set PUPPETEER_EXECUTABLE_PATH to its program.`,
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

/** Whether a package is there to be loaded from here, whichever way it may be loaded. */
function isInstalled(name: string): boolean {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.some((folder) => existsSync(join(folder, name, 'package.json')));
}

/** The URL of a package's entry; undefined if the package is not installed. */
function placeOf(name: string): string | undefined {
  try {
    return import.meta.resolve(name);
  } catch {
    return undefined;
  }
}

const unpackDeadlineMs = 120_000;
const systemFonts = '/etc/fonts/fonts.conf';

/**
 * The Chromium of the npm package @sparticuz/chromium (Linux on x64). The first call unpacks it into
 * `$XDG_CACHE_HOME/tare/chromium-<version>` (`~/.cache` by default), aside and then renamed; later calls take it from there.
 * The package itself would unpack into the temporary folder, and run whatever lies there under that name.
 * @throws Error when this platform has none, or when it cannot be unpacked within 2 min; an AbortError when aborted.
 */
async function npmChromium(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<Chromium> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is for linux-x64, this is ${process.platform}-${process.arch}`);
  }
  const home = environment.HOME ?? homedir();
  const cache = join(environment.XDG_CACHE_HOME ?? join(home, '.cache'), 'tare');
  const entry = placeOf(npmPackage);
  if (entry === undefined) throw new Error(`it is not installed: npm install --save-dev ${npmPackage}`);
  const folder = join(cache, `chromium-${await versionOf(entry)}`);
  if (!existsSync(folder)) await unpack(entry, cache, folder, signal);
  return {
    path: join(folder, 'chromium'),
    // its sandbox needs a helper that belongs to root; it only ever sees pages of ours, without scripts
    args: ['--no-sandbox'],
    environment: existsSync(systemFonts) ? {} : { FONTCONFIG_FILE: join(folder, 'tare-fonts.conf') },
  };
}

async function unpack(
  entry: string,
  cache: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const program = `import chromium from ${JSON.stringify(entry)}; await chromium.executablePath();`;
  const aside = `${folder}.${randomUUID()}`;
  await mkdir(cache, { recursive: true });
  await mkdir(aside, { mode: 0o700 });
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      // the package unpacks into the temporary folder
      env: { PATH: process.env.PATH, TMPDIR: aside },
      timeout: unpackDeadlineMs,
      ...(signal === undefined ? {} : { signal }),
    });
    await writeFile(join(aside, 'tare-fonts.conf'), fontsConfig(folder));
    await rename(aside, folder).catch((error: unknown) => {
      // another process was faster
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** For a machine without fonts of its own. */
function fontsConfig(folder: string): string {
  const [fonts, cache] = [join(folder, 'fonts'), join(folder, 'fonts-cache')].map((path) =>
    path.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  );
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${fonts ?? ''}</dir><cachedir>${cache ?? ''}</cachedir></fontconfig>
`;
}

async function versionOf(entry: string): Promise<string> {
  const text = await readFile(new URL('../package.json', entry), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
