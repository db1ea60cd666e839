import { existsSync } from 'node:fs';
import chromiumFromNpm from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const usual = ['/usr/bin/chromium', '/usr/bin/google-chrome'];
const launchDeadlineMs = 30_000;

/** Starts the Chromium of this machine, or the one from npm, for a test; the caller closes it. */
export async function startTestBrowser(): Promise<Browser> {
  const wanted = [process.env.PUPPETEER_EXECUTABLE_PATH ?? '', ...usual].find(
    (path) => path !== '' && existsSync(path),
  );
  return chromium.launch({
    executablePath: wanted ?? (await chromiumFromNpm.executablePath()),
    timeout: launchDeadlineMs,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
