import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium without a window and with a fresh profile: the one that is installed, or the one that comes from npm. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumPath(),
    headless: true,
    args: flags,
    timeout: 60_000,
  });
}

async function chromiumPath(): Promise<string> {
  const { PUPPETEER_EXECUTABLE_PATH, CHROMIUM_PATH } = process.env;
  const named = PUPPETEER_EXECUTABLE_PATH ?? CHROMIUM_PATH;
  if (named !== undefined) return named;
  const installed = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  const { default: packed } = await import('@sparticuz/chromium');
  return packed.executablePath();
}
