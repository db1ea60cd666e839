import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { findChromium } from '../pictures/find-chromium.ts';

const launchDeadlineMs = 30_000;

/** Starts the Chromium that makes the pictures, for a test; the caller closes it. @throws Error where there is none. */
export async function startTestBrowser(): Promise<Browser> {
  const found = await findChromium();
  if ('missing' in found) throw new Error(found.missing);
  return chromium.launch({
    executablePath: found.path,
    args: [...found.args],
    env: { ...process.env, ...found.environment },
    timeout: launchDeadlineMs,
  });
}
