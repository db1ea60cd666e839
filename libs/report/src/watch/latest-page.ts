import { randomUUID } from 'node:crypto';
import { renderMessagePage } from './message-page.ts';

/** A page, or what is to be said in its place when it could not be made. */
export type LatestPage = { readonly version: string; readonly html: string; readonly isWhole: boolean };

/**
 * Keeps the page that was made last. A page is made when `refresh` is called, never because somebody asks for it: reading is
 * free of work. While one is being made, further calls come to one more afterwards.
 * @param render gives the page; its failure is shown in the place of the page.
 * @param onNew is called with every new page.
 */
export function latestPage(
  render: () => Promise<string>,
  onNew: () => void,
): { current(): LatestPage; refresh(): Promise<void> } {
  // another server at the same address later on must not be taken for this one
  const series = randomUUID().slice(0, 8);
  let count = 0;
  let page: LatestPage = {
    version: `${series}-0`,
    html: renderMessagePage({ heading: 'Report', message: 'The report is being made.' }),
    isWhole: true,
  };
  let rendering: Promise<void> | undefined;
  let isStale = false;

  async function renderAll(): Promise<void> {
    do {
      isStale = false;
      const made = await renderOnce(render);
      count++;
      page = { ...made, version: `${series}-${count}` };
      onNew();
    } while (isStale);
    rendering = undefined;
  }

  return {
    current: () => page,
    refresh: () => {
      isStale = true;
      rendering ??= renderAll();
      return rendering;
    },
  };
}

async function renderOnce(render: () => Promise<string>): Promise<Omit<LatestPage, 'version'>> {
  try {
    return { html: await render(), isWhole: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const html = renderMessagePage({
      heading: 'No report',
      message: `The report could not be made: ${reason.split('\n')[0] ?? ''}`,
    });
    return { html, isWhole: false };
  }
}
