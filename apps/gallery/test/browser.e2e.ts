import { AxeBuilder } from '@axe-core/playwright';
import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from './chromium.ts';
import { createImageMaker } from './image-maker.ts';
import type { ImageMaker } from './image-maker.ts';
import { pngImage } from './png-image.ts';
import { startGallery, uploadsFolder } from './running-gallery.ts';
import type { RunningGallery } from './running-gallery.ts';

/** Where screenshots go when they are wanted for a look. */
const screenshots = process.env.GALLERY_SCREENSHOTS;

const uploads = uploadsFolder();
const pages: Page[] = [];
const complaints: string[] = [];
let gallery: RunningGallery;
let browser: Browser;
let maker: ImageMaker;

beforeAll(async () => {
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });
  [gallery, browser, maker] = await Promise.all([
    startGallery(uploads.path, { MAX_UPLOAD_BYTES: '1000000' }),
    startChromium(),
    createImageMaker(),
  ]);
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await gallery.stop('SIGTERM');
  uploads.remove();
});

async function opened(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/i.test(message.text())) complaints.push(message.text());
  });
  pages.push(page);
  await page.goto(new URL(path, gallery.url).href);
  return page;
}

const file = (name: string, buffer: Buffer, mimeType = 'image/png') => ({ name, mimeType, buffer });

async function expectAccessible(page: Page, name: string): Promise<void> {
  if (screenshots !== undefined)
    await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  const sideways: unknown = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  expect(sideways).toBe(false);
}

const imagesOn = (page: Page) => page.locator('#images .grid li');

/** Names of image files dropped on a page, as a person would from a file manager. */
async function drop(page: Page, files: readonly { readonly name: string; readonly content: Buffer }[]) {
  const data = await page.evaluateHandle(
    `((files) => {
      const data = new DataTransfer();
      for (const { name, content } of files) {
        data.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name));
      }
      return data;
    })(${JSON.stringify(files.map(({ name, content }) => ({ name, content: content.toString('base64') })))})`,
  );
  for (const type of ['dragenter', 'dragover'])
    await page.dispatchEvent('body', type, { dataTransfer: data });
  return () => page.dispatchEvent('body', 'drop', { dataTransfer: data });
}

describe('an empty gallery', () => {
  it.each(['light', 'dark'] as const)('is accessible, %s', async (colorScheme) => {
    const page = await opened('/', { colorScheme });
    await page.getByText('No images yet').waitFor();
    await expectAccessible(page, `empty-${colorScheme}`);
  });
});

describe('a visitor', () => {
  it('adds images with the picker, sees them, and reads why one was not added', async () => {
    const page = await opened();
    await page
      .getByLabel('Add images')
      .setInputFiles([
        file('a meadow.png', pngImage(1, 900, 600)),
        file('a tower.png', pngImage(2, 400, 800)),
        file('notes.png', Buffer.from('these are notes')),
        file('too large.png', Buffer.alloc(1_000_001)),
      ]);
    await page.getByText('this is not an image that is taken').waitFor();
    await page.getByText('larger than 977 KiB').waitFor();
    await page.getByRole('status').getByText('2 added, 2 not added.').waitFor();
    await page.getByRole('img', { name: 'a meadow' }).waitFor();
    expect(await imagesOn(page).count()).toBe(2);
    expect(await page.locator('#count').textContent()).toBe('2 images');
    await expectAccessible(page, 'uploads-with-errors');
    await page.getByRole('button', { name: 'Dismiss notes.png' }).click();
    expect(await page.getByText('notes.png').count()).toBe(0);
  });

  it('adds images by dropping them', async () => {
    const page = await opened();
    const letGo = await drop(page, [
      { name: 'dropped.webp', content: maker.encoded(pngImage(3, 700, 500), '.webp') },
      { name: 'again.png', content: pngImage(1, 900, 600) },
    ]);
    await page.locator('body.dropping').waitFor();
    if (screenshots !== undefined) await page.screenshot({ path: `${screenshots}/dropping.png` });
    await letGo();
    await page.getByRole('status').getByText('1 added, 1 already here.').waitFor();
    await page.getByRole('img', { name: 'dropped' }).waitFor();
    expect(await page.locator('body.dropping').count()).toBe(0);
  });

  it('looks at an image, goes to its neighbours, and deletes it, with the keyboard alone', async () => {
    const page = await opened();
    const before = await imagesOn(page).count();
    await page.getByRole('link', { name: 'dropped' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'dropped' }).waitFor();
    await expectAccessible(page, 'view');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: /a (tower|meadow)/ }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('heading', { name: 'dropped' }).waitFor();
    for (let tabs = 0; tabs < 10; tabs += 1) {
      await page.keyboard.press('Tab');
      if ((await page.locator('summary:focus').count()) === 1) break;
    }
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    if (screenshots !== undefined) await page.screenshot({ path: `${screenshots}/deleting.png` });
    await page.keyboard.press('Enter');
    await page.locator('#images').waitFor();
    expect(await imagesOn(page).count()).toBe(before - 1);
    expect(await page.getByRole('img', { name: 'dropped' }).count()).toBe(0);
  });

  it('does all of it without JavaScript', async () => {
    const page = await opened('/', { javaScriptEnabled: false });
    const before = await imagesOn(page).count();
    await page
      .getByLabel('Add images')
      .setInputFiles([file('plain.png', pngImage(4)), file('no.png', Buffer.from('no'))]);
    if (screenshots !== undefined) await page.screenshot({ path: `${screenshots}/without-javascript.png` });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('alert').getByText('no.png: this is not an image').waitFor();
    if (screenshots !== undefined)
      await page.screenshot({ path: `${screenshots}/without-javascript-errors.png` });
    await page.goto(gallery.url.href);
    expect(await imagesOn(page).count()).toBe(before + 1);
    await page.getByRole('link', { name: 'plain' }).click();
    await page.getByText('Delete…').click();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.waitForURL(gallery.url.href);
    expect(await imagesOn(page).count()).toBe(before);
  });
});

describe('a full gallery', () => {
  beforeAll(async () => {
    for (let seed = 100; seed < 130; seed += 1) {
      const [width, height] = [300 + ((seed * 97) % 500), 300 + ((seed * 61) % 400)];
      const body = Uint8Array.from(maker.encoded(pngImage(seed, width, height), '.jpg'));
      await fetch(new URL('/api/images', gallery.url), { method: 'POST', body });
    }
  });

  it('has pages', async () => {
    const page = await opened();
    expect(await imagesOn(page).count()).toBe(24);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByText('Page 2 of 2').waitFor();
    await page.getByRole('link', { name: 'Newer' }).click();
    await page.getByText('Page 1 of 2').waitFor();
  });

  it.each([
    ['wide-light', { colorScheme: 'light' }],
    ['wide-dark', { colorScheme: 'dark' }],
    ['phone-light', { colorScheme: 'light', viewport: { width: 320, height: 640 } }],
    ['phone-dark', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
  ] as const)('is accessible and fits, %s', async (name, options) => {
    const page = await opened('/', options);
    await expectAccessible(page, name);
    await imagesOn(page).first().getByRole('link').click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expectAccessible(page, `view-${name}`);
  });
});
