import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { RunFile } from '@tare/results';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sharedBrowser } from '../../fixtures/browser.ts';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { renderPage } from './page.ts';

const pageOf = (run: RunFile) => renderPage(reportModel(run));

let browser: Browser;
let folder: string;
let address: string;
/** Of one workload: axe looks at every element, and the second workload has no other ones. */
let shortAddress: string;
let page: Page | undefined;
let complaints: string[] = [];
let requests: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-report-page-'));
  const file = join(folder, 'report.html');
  await writeFile(file, pageOf(exampleRun(8)));
  address = pathToFileURL(file).href;
  const short = join(folder, 'short.html');
  await writeFile(short, pageOf(ofOneWorkload(exampleRun(2))));
  shortAddress = pathToFileURL(short).href;
  browser = await sharedBrowser();
});

afterEach(async () => {
  await page?.context().close();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

async function open(
  width: number,
  colorScheme: 'light' | 'dark' = 'light',
  hasTouch = false,
  url = address,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, hasTouch });
  const opened = await context.newPage();
  page = opened;
  complaints = [];
  requests = [];
  opened.on('console', (message) => complaints.push(message.text()));
  opened.on('pageerror', (error) => complaints.push(String(error)));
  opened.on('request', (request) => requests.push(request.url()));
  await opened.goto(url);
  return opened;
}

function ofOneWorkload(run: RunFile): RunFile {
  const isPrimes = ({ workload }: { readonly workload: string }) => workload === 'primes';
  return {
    ...run,
    summary: { primes: run.summary.primes ?? {} },
    trials: run.trials.filter(isPrimes),
    comparisons: run.comparisons.filter(isPrimes),
  };
}

const groundOf = (opened: Page) => opened.evaluate<string>('getComputedStyle(document.body).backgroundColor');

const unfold = (opened: Page) =>
  opened.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");

test('the page opens from disk without a complaint and asks for nothing else', async () => {
  const opened = await open(1200);
  await opened.waitForLoadState('load');
  expect(complaints).toEqual([]);
  expect(requests).toEqual([address]);
});

test('every chart that is not folded away is drawn with a size', async () => {
  const opened = await open(1200);
  const charts = await opened.locator('svg.chart:visible').all();
  const boxes = await Promise.all(charts.map((chart) => chart.boundingBox()));
  expect(boxes.length).toBeGreaterThan(30);
  for (const box of boxes) {
    expect(box?.width).toBeGreaterThan(200);
    expect(box?.height).toBeGreaterThan(60);
  }
});

test('a toggle opens the table of its chart', async () => {
  const opened = await open(1200);
  const figure = opened.locator('figure', { hasText: 'Trials over' }).first();
  const table = figure.locator('table');
  expect(await table.isVisible()).toBe(false);
  await figure.locator('summary').click();
  expect(await table.isVisible()).toBe(true);
});

test('the page follows the system into the dark, and its own switch out of it', async () => {
  const light = await groundOf(await open(1200));
  await page?.context().close();
  const opened = await open(1200, 'dark');
  const dark = await groundOf(opened);
  expect(dark).not.toBe(light);
  const fill = () =>
    opened.evaluate<string>("getComputedStyle(document.querySelector('svg.chart circle')).fill");
  const darkFill = await fill();
  await opened.getByRole('button', { name: 'Switch to light colours' }).click();
  expect(await groundOf(opened)).toBe(light);
  expect(await fill()).not.toBe(darkFill);
  await opened.getByRole('button', { name: 'Switch to dark colours' }).click();
  expect(await groundOf(opened)).toBe(dark);
}); // prettier-ignore

test.each([320, 390, 768])('%i px are enough without scrolling sideways', async (width) => {
  const opened = await open(width);
  await unfold(opened);
  expect(await opened.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
});

test('hostile and endless names neither run nor widen the page', async () => {
  const evil = `"><img src=x onerror="document.title='run'">${'endless'.repeat(12)}`;
  const text = JSON.stringify(exampleRun(2)).replaceAll('docker', JSON.stringify(evil).slice(1, -1));
  const file = join(folder, 'hostile.html');
  await writeFile(file, pageOf(JSON.parse(text) as RunFile));
  const opened = await open(320, 'light', false, pathToFileURL(file).href);
  await unfold(opened);
  expect(await opened.evaluate<number>('document.documentElement.scrollWidth')).toBe(320);
  expect(await opened.title()).toMatch(/^Tare: /);
  expect(await opened.locator('img').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('a pointer, a finger and the arrow keys tell exact values', async () => {
  const opened = await open(1200, 'light', true);
  const tip = opened.locator('#tip');
  await opened
    .locator('#weigh-in .plot')
    .first()
    .hover({ position: { x: 40, y: 30 } });
  expect(await tip.textContent()).toMatch(/^native: \d[\d.]* ms, 95 % interval /);
  const plot = opened.locator('#metrics .plot').first();
  await plot.locator('circle').first().hover();
  expect(await tip.textContent()).toMatch(/^native, round 1: \d/);
  await plot.focus();
  await opened.keyboard.press('ArrowRight');
  expect(await tip.textContent()).toMatch(/^native, round 2: \d/);
  await opened.keyboard.press('Escape');
  expect(await tip.isVisible()).toBe(false);
  await plot.locator('circle').nth(3).tap();
  expect(await tip.textContent()).toMatch(/^native, round 4: \d/);
});

test.each(['light', 'dark'] as const)(
  'axe finds nothing in the %s page, with all of it unfolded',
  async (scheme) => {
    const opened = await open(1200, scheme, false, shortAddress);
    await unfold(opened);
    // axe looks at every element, and these repeat others: shapes of charts, which are images with a text, rows, and cards
    await opened.evaluate(`
      for (const shape of document.querySelectorAll('svg :not(text)')) shape.replaceWith(...shape.querySelectorAll('text'));
      for (const other of document.querySelectorAll('figure tbody tr:nth-child(n+3), .card:nth-of-type(n+4)')) other.remove();`);
    const axe = new AxeBuilder({ page: opened });
    // all that the dark page has for itself
    const { violations } = await (scheme === 'dark' ? axe.withRules(['color-contrast']) : axe).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
  },
  180_000,
); // prettier-ignore

test('on paper the page is light, without what only a screen can use', async () => {
  const opened = await open(794, 'dark');
  await opened.emulateMedia({ media: 'print' });
  expect(await groundOf(opened)).toBe('rgb(255, 255, 255)');
  expect(await opened.locator('nav').isVisible()).toBe(false);
  expect(await opened.locator('svg.chart').first().isVisible()).toBe(true);
});

test('the page reads without scripts', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  page = await context.newPage();
  await page.goto(address);
  expect(await page.locator('svg.chart').first().isVisible()).toBe(true);
  expect(await page.locator('#theme').isVisible()).toBe(false);
});
