/**
 * The script of the page: the switch of light and dark, and the exact value of the point nearest to a pointer or, with
 * the arrow keys, of the next one. The page reads without it. Plain ECMAScript, for it goes into the page as it stands.
 */
export const pageScript = `(() => {
const root = document.documentElement, tip = document.getElementById('tip'), theme = document.getElementById('theme');
const dark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches);
const label = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; theme.setAttribute('aria-label', 'Switch to ' + (isDark() ? 'light' : 'dark') + ' colours'); };
theme.hidden = false;
theme.addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; label(); });
dark.addEventListener('change', label);
label();
let shown = null, last = null;
const hide = () => { if (shown) shown.classList.remove('on'); shown = null; tip.hidden = true; };
const show = (point) => {
  if (point === shown) return;
  hide();
  shown = last = point;
  point.classList.add('on');
  tip.textContent = point.dataset.t;
  tip.hidden = false;
  const at = point.getBoundingClientRect(), own = tip.getBoundingClientRect(), width = root.clientWidth;
  const x = Math.min(Math.max(8, at.left + at.width / 2 - own.width / 2), width - own.width - 8);
  const above = at.top - own.height - 8;
  tip.style.left = x + 'px';
  tip.style.top = (above < 4 ? at.bottom + 8 : above) + 'px';
};
const nearest = (points, x, y) => {
  let best = null, least = 28 * 28;
  for (const point of points) {
    const at = point.getBoundingClientRect();
    const dx = Math.max(at.left - x, 0, x - at.right), dy = Math.max(at.top - y, 0, y - at.bottom);
    const far = dx * dx + dy * dy;
    if (far < least) { least = far; best = point; }
  }
  return best;
};
for (const plot of document.querySelectorAll('.plot')) {
  const points = [...plot.querySelectorAll('[data-t]')];
  if (points.length === 0) continue;
  plot.tabIndex = 0;
  plot.setAttribute('role', 'group');
  plot.setAttribute('aria-label', 'Chart; arrow keys tell the values');
  const point = (event) => { const found = nearest(points, event.clientX, event.clientY); if (found) show(found); else hide(); };
  plot.addEventListener('pointermove', point);
  plot.addEventListener('pointerdown', point);
  plot.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') hide(); });
  plot.addEventListener('blur', hide);
  plot.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') hide();
    if (!step) return;
    event.preventDefault();
    const from = points.indexOf(last);
    show(points[from < 0 ? (step > 0 ? 0 : points.length - 1) : (from + step + points.length) % points.length]);
  });
}
addEventListener('scroll', hide, { passive: true });
})();
`;
