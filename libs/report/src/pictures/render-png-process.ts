/**
 * The process that makes pictures: is sent what to draw over IPC, sends the pictures back, and ends with its parent. The library starts
 * a browser that failed once more and leaves rejections unhandled: here that ends a process, and its browser, but not a report.
 */
import nodeHtmlToImage from 'node-html-to-image';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../model/words.ts';
import type { PictureMessage, PictureSpec } from './render-png.ts';

const defaultScale = 2;
const pageDeadlineMs = 30_000;

function tell(message: PictureMessage): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  tell({ kind: 'failed', reason: messageOf(error) });
}

async function render({ pages, chromium, folder }: PictureSpec): Promise<void> {
  // one at a time, so that they come in this order
  const waiting = [...pages];
  const images = await nodeHtmlToImage({
    html: '{{{html}}}',
    content: pages.map(({ html }) => ({ html, output: '', selector: 'body' })),
    type: 'png',
    encoding: 'binary',
    maxConcurrency: 1,
    timeout: pageDeadlineMs,
    puppeteerArgs: {
      executablePath: chromium.path,
      // it ends when the other end of its pipe does, whatever that came from
      pipe: true,
      // what it says is wanted when it fails
      dumpio: true,
      userDataDir: join(folder, 'profile'),
      args: [
        ...chromium.args,
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--font-render-hinting=none',
      ],
    },
    // the library waits for it, though its type does not say so
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    beforeRendering: async (page) => {
      const next = waiting.shift();
      if (next === undefined) return;
      await page.setViewport({
        width: next.widthPx,
        height: next.heightPx,
        deviceScaleFactor: next.scale ?? defaultScale,
      });
      await page.setJavaScriptEnabled(false);
      await page.setOfflineMode(true);
    },
  });
  const list = Array.isArray(images) ? images : [];
  tell({ kind: 'done', images: list.flatMap((image) => (image instanceof Uint8Array ? image : [])) });
}

process.once('message', (spec: PictureSpec) => {
  process.once('disconnect', () => {
    // after the library's own listener, which kills the browser
    process.once('exit', () => {
      rmSync(spec.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    });
    process.exit();
  });
  process.on('unhandledRejection', fail);
  render(spec).catch(fail);
});
