import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedBrowser } from '../../fixtures/browser.ts';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { renderMessagePage, renderPage } from '../page/page.ts';
import { serveReport } from './serve-report.ts';

const deadlineMs = 60_000;
const polling = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await sharedBrowser();
});
afterAll(() => browser.close());

function reportIn(page: Page): Frame {
  const frame = page.frames().find((each) => each.parentFrame() !== null);
  if (frame === undefined) throw new Error('the page has no frame');
  return frame;
}

const versionOf = (page: Page) => page.evaluate<string>('document.body.dataset.version');

test('an open page grows by itself and keeps what its reader has done', async () => {
  let html = renderMessagePage({ heading: 'A run has begun', message: 'Waiting for its first round.' });
  const server = await serveReport({
    render: () => Promise.resolve(html),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, colorScheme: 'light' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(server.url);
  expect(await reportIn(page).textContent('main')).toBe('Waiting for its first round.');

  const show = async (next: string): Promise<void> => {
    const before = await versionOf(page);
    html = next;
    server.refresh();
    await expect.poll(() => versionOf(page), polling).not.toBe(before);
  };
  await show(renderPage(reportModel(exampleRun(3))));
  expect(await page.title()).toMatch(/^Tare: primes, grocery/);
  const first = reportIn(page);
  await first.locator('#theme').click();
  const title =
    "[...document.querySelectorAll('#metrics h4')].find((each) => each.textContent.startsWith('Throughput'))";
  const foldable = `[...${title}.closest('article').querySelectorAll('details')]`;
  await first.evaluate(`${title}.scrollIntoView()`);
  const place = `${title}.getBoundingClientRect().top`;
  const summary = `${foldable}[0].querySelector('summary')`;
  await first.evaluate(`{ ${summary}.focus({ preventScroll: true }); ${summary}.click(); }`);
  const before = await first.evaluate<number>(place);

  await show(renderPage(reportModel(exampleRun(9))));
  const second = reportIn(page);
  expect(second).not.toBe(first);
  expect(page.frames()).toHaveLength(2);
  expect(await second.getAttribute('html', 'data-theme')).toBe('dark');
  const open = (await second.evaluate<boolean[]>(`${foldable}.map((each) => each.open)`)).filter(Boolean);
  expect(open).toHaveLength(1);
  expect(await second.evaluate<boolean>(`${foldable}[0].open`)).toBe(true);
  expect(await second.evaluate<number>('scrollY')).toBeGreaterThan(500);
  expect(Math.abs((await second.evaluate<number>(place)) - before)).toBeLessThan(2);
  expect(await second.evaluate('document.activeElement.textContent')).toBe('Table');
  expect(await page.textContent('[role=status]')).toMatch(/^Live: /);

  await server.close();
  await expect.poll(() => page.textContent('[role=status]'), polling).toMatch(/^Ended: /);
  expect(complaints.filter((text) => !text.includes('ERR_'))).toEqual([]);
  await context.close();
}, 120_000);
