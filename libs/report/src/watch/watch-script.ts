/**
 * The script of the page with the frame. When the server tells a new version, the report is loaded into a second frame behind
 * the first, which gets what the reader had done to the first: unfolded parts, place on the page, theme, focus. Then the two
 * are exchanged, without a flash. Plain ECMAScript, for it goes into the page as it stands.
 */
export const watchScript = `(() => {
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
