import { createHash } from 'node:crypto';

const style = `
:root{color-scheme:light dark}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:Canvas;color:CanvasText;font:13px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{position:relative;flex:1;min-height:0}
iframe{position:absolute;inset:0;width:100%;height:100%;border:0}
iframe.next{visibility:hidden}
p{margin:0;padding:6px 24px;border-top:1px solid GrayText}
@media print{html,body{height:auto}main{height:100vh}p{display:none}}
`;
/**
 * The script of the page with the frame. When the server tells a new version, the report is loaded into a second frame behind
 * the first, which gets what the reader had done to the first: unfolded parts, place on the page, theme, focus. Then the two
 * are exchanged, without a flash. Plain ECMAScript, for it goes into the page as it stands.
 */
const watchScript = `(() => {
const state = document.querySelector('p'), dark = matchMedia('(prefers-color-scheme: dark)');
let shown = document.querySelector('iframe'), version = document.body.dataset.version, wanted = version, loading = false, ended = false;
const keyed = (page, selector) => {
  const seen = new Map();
  return [...page.querySelectorAll(selector)].map((element) => {
    const named = element.closest('[id],[aria-labelledby]'), title = element.matches('summary,a,button,h2,h3,h4') ? element : element.querySelector('figcaption,summary');
    const plain = [element.tagName, named ? named.id || named.getAttribute('aria-labelledby') : '', title ? title.textContent.replace(/[0-9]+/g, '0') : ''].join('/');
    const count = (seen.get(plain) || 0) + 1;
    seen.set(plain, count);
    return [plain + '/' + count, element];
  });
};
const places = 'section,h2,h3,h4,figure,details', stops = 'summary,a[href],button,[tabindex]';
const carry = (from, to) => {
  const before = from.contentDocument, after = to.contentDocument;
  const theme = before.documentElement.dataset.theme, button = after.getElementById('theme');
  if (theme && button && theme !== (dark.matches ? 'dark' : 'light')) button.click();
  const open = new Map(keyed(before, 'details').map(([key, element]) => [key, element.open]));
  for (const [key, element] of keyed(after, 'details')) if (open.has(key)) element.open = open.get(key);
  const focused = keyed(before, stops).find(([, element]) => element === before.activeElement);
  const target = focused && keyed(after, stops).find(([key]) => key === focused[0]);
  const top = (element) => element.getBoundingClientRect().top;
  const near = keyed(before, places).filter(([, element]) => element.getClientRects().length > 0)
    .reduce((best, each) => (best && Math.abs(top(best[1])) <= Math.abs(top(each[1])) ? best : each), undefined);
  const same = near && keyed(after, places).find(([key]) => key === near[0]);
  const y = from.contentWindow.scrollY;
  to.contentWindow.scrollTo({ top: y > 0 && same ? to.contentWindow.scrollY + top(same[1]) - top(near[1]) : y, behavior: 'instant' });
  return target ? target[1] : null;
};
const load = () => {
  if (loading || wanted === version) return;
  loading = true;
  const target = wanted, next = shown.cloneNode();
  next.className = 'next';
  next.addEventListener('load', () => {
    loading = false;
    if (!next.contentDocument) return next.remove();
    const hadFocus = document.activeElement === shown;
    const stop = shown.contentDocument ? carry(shown, next) : null;
    next.className = '';
    shown.remove();
    shown = next;
    version = target;
    document.title = next.contentDocument.title;
    document.body.dataset.version = version;
    if (hadFocus) { next.contentWindow.focus(); if (stop) stop.focus({ preventScroll: true }); }
    load();
  }, { once: true });
  next.src = '/report?' + encodeURIComponent(target);
  shown.after(next);
};
const events = new EventSource('/events');
events.addEventListener('version', (event) => {
  ended = false;
  wanted = event.data;
  state.textContent = 'Live: refreshes itself as the run goes on. Figures and verdicts may still change.';
  load();
});
events.addEventListener('end', () => { ended = true; state.textContent = 'Ended: this page no longer refreshes itself.'; });
events.addEventListener('error', () => { if (!ended) state.textContent = 'Not connected: the run has ended or was stopped. This is what was known until then.'; });
})();
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Of the page with the frame: its own script and style, the report in the frame, and the events. */
export const watchPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(watchScript)}`,
  `style-src ${hashOf(style)}`,
  "frame-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The page that shows a growing report: the report stands in a frame, byte for byte as it was made and under its own policy,
 * and is exchanged when there is a new one.
 * @param version of the report that the frame shows at first: letters, digits and "-".
 */
export function watchPage(version: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tare: report of a run under way</title>
<style>${style}</style>
</head>
<body data-version="${version}">
<main><iframe src="/report" title="Report"></iframe></main>
<p role="status">This page shows the run as it was when the page was opened.</p>
<script>${watchScript}</script>
</body>
</html>
`;
}
