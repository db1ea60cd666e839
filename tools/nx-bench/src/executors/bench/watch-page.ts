import { renderMessagePage, renderPage, reportModel, serveReport } from '@tare/report';
import type { RunFile } from '@tare/results';
import { followRun, type Listener } from '@tare/runner';

type WatchOptions = {
  /** Serve the growing report while the run is under way. */
  readonly watch: boolean;
  /** A free port by default. */
  readonly watchPort?: number | undefined;
};

/** The page that shows a run while it grows; nothing where none is wanted. */
type WatchPage = {
  readonly follow: Listener;
  readonly show: (run: RunFile) => void;
  close(): Promise<void>;
};

const none: WatchPage = {
  follow: () => undefined,
  show: () => undefined,
  close: () => Promise.resolve(),
};

/**
 * Serves the report of the whole rounds so far on 127.0.0.1, and says where.
 * @throws Error in one line for a port that is taken.
 */
export async function watchPage({ watch, watchPort }: WatchOptions, signal: AbortSignal): Promise<WatchPage> {
  if (!watch) return none;
  let latest: RunFile | undefined;
  const waiting = { heading: 'A run has begun', message: 'Waiting for its first whole round.' };
  const page = await serveReport({
    render: () =>
      Promise.resolve(latest === undefined ? renderMessagePage(waiting) : renderPage(reportModel(latest))),
    signal,
    ...(watchPort !== undefined && { port: watchPort }),
  });
  process.stdout.write(`report of the run so far: ${page.url}\n`);
  const show = (run: RunFile): void => {
    latest = run;
    page.refresh();
  };
  return { follow: followRun(show), show, close: () => page.close() };
}
