import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Chromium } from './find-chromium.ts';

export type NpmChromiumOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal | undefined;
};

const unpackDeadlineMs = 120_000;
const systemFonts = '/etc/fonts/fonts.conf';
// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(
  /npm-chromium\.([jt]s)$/,
  'unpack-chromium-process.$1',
);

/**
 * The Chromium of the npm package @sparticuz/chromium (Linux on x64). The first call unpacks it into
 * `$XDG_CACHE_HOME/tare/chromium-<version>` (`~/.cache` by default), aside and then renamed; later calls take it from there.
 * The package itself would unpack into the temporary folder, and run whatever lies there under that name.
 * @throws Error when this platform has none, or when it cannot be unpacked within 2 min; an AbortError when aborted.
 */
export async function npmChromium({ environment, signal }: NpmChromiumOptions): Promise<Chromium> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is for linux-x64, this is ${process.platform}-${process.arch}`);
  }
  const home = environment.HOME ?? homedir();
  const cache = join(environment.XDG_CACHE_HOME ?? join(home, '.cache'), 'tare');
  const folder = join(cache, `chromium-${await packageVersion()}`);
  if (!existsSync(folder)) await unpack(cache, folder, signal);
  return {
    path: join(folder, 'chromium'),
    // its sandbox needs a helper that belongs to root; it only ever sees pages of ours, without scripts
    args: ['--no-sandbox'],
    environment: existsSync(systemFonts) ? {} : { FONTCONFIG_FILE: join(folder, 'tare-fonts.conf') },
  };
}

async function unpack(cache: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const aside = `${folder}.${randomUUID()}`;
  await mkdir(cache, { recursive: true });
  await mkdir(aside, { mode: 0o700 });
  try {
    await promisify(execFile)(process.execPath, [processFile], {
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

async function packageVersion(): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
  const { version } = JSON.parse(await readFile(join(entry, '../../package.json'), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
