import { environmentColours, ink } from '../plot/theme.ts';

type Colours = Readonly<Record<string, string>>;

/** Text colours have a contrast of at least 4.5 to their ground, drawings 3; the orange is that of the pictures, a shade darker. */
const light: Colours = {
  ground: ink.ground,
  raised: '#F6F8FA',
  text: ink.text,
  faint: ink.faint,
  grid: ink.grid,
  band: '#E9EEF2',
  accent: '#00609A',
  better: '#00694E',
  worse: '#A83C04',
  same: '#505B66',
  undecided: '#7A5600',
  ...Object.fromEntries(environmentColours.map((colour, place) => [`e${place}`, colour])),
  e1: '#D08700',
};

const dark: Colours = {
  ground: '#14181D',
  raised: '#1C2229',
  text: '#E4E9EE',
  faint: '#9BA6B2',
  grid: '#333C46',
  band: '#262E37',
  accent: '#6CB8EC',
  better: '#4CC9A0',
  worse: '#F58B57',
  same: '#A9B4BF',
  undecided: '#E2B94E',
  e0: '#4BA3DF',
  e1: '#EBAA2D',
  e2: '#2DBE91',
  e3: '#DB93BA',
  e4: '#8CCDF3',
  e5: '#EE7A3C',
};

/** The style sheet of the page: one column of measure for text, two for charts where there is room, light, dark and paper. */
export const pageStyle = `
:root{color-scheme:light dark;${declared(light)}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${declared(dark)}}}
:root[data-theme=light]{color-scheme:light}
:root[data-theme=dark]{color-scheme:dark;${declared(dark)}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;overflow-wrap:anywhere;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.page{max-width:1040px;margin:0 auto;padding:0 24px}
.skip{position:absolute;left:-999px}
.skip:focus{left:16px;top:8px;background:var(--ground);padding:8px 12px;z-index:3}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
header{padding:44px 0 0}
header .top{display:flex;gap:16px;align-items:flex-start;justify-content:space-between}
h1{font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:0 0 8px}
h2{font-size:22px;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:0 0 12px}
h3{font-size:17px;line-height:1.35;font-weight:650;margin:32px 0 10px}
h4{font-size:15px;line-height:1.4;font-weight:650;margin:0 0 10px}
h4 small,.lead,.meta,figcaption{color:var(--faint);font-weight:400}
main>section{padding:44px 0 0;margin:44px 0 0;border-top:1px solid var(--grid)}
main>section:first-child{border:0;margin-top:0;padding-top:36px}
p{max-width:72ch;margin:0 0 10px}
.meta{margin:0;font-size:14px}
.lead{font-size:14px;margin-bottom:4px}
small{font-size:13px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:20px 0 0;font-size:14px}
nav a{text-decoration:none;display:inline-block;padding:2px 0}
nav a:hover{text-decoration:underline}
#theme{flex:none;font:inherit;font-size:13px;color:var(--text);background:none;border:1px solid var(--grid);border-radius:6px;padding:4px 12px;cursor:pointer}
#theme:hover{border-color:var(--faint)}
ul{padding-left:20px;margin:0 0 10px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:13px}
pre{margin:0;padding:14px 16px;background:var(--raised);border-radius:6px}
pre code{overflow-wrap:normal;white-space:pre}
.pairs{display:grid;grid-template-columns:minmax(0,1fr);gap:28px 48px}
@media (min-width:800px){.pairs{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
.note{margin-top:28px;padding:2px 18px 8px;background:var(--raised);border-radius:6px}
.note h3{margin-top:14px}
.answer p{max-width:80ch}
.answer .scroll{margin-top:16px}
.card{margin:0 0 40px}
.card h4{border-bottom:1px solid var(--grid);padding-bottom:6px}
figure{margin:0;min-width:0}
figure.pairs>details{margin-top:0}
.spaced>figure,.spaced>.pairs{margin:0 0 36px}
.spaced>h4{margin-top:8px}
figcaption{font-size:13px;line-height:1.45;margin:0 0 8px}
figcaption b{color:var(--text);font-weight:600}
#weigh-in figcaption b{font-size:15px}
.plot{max-width:460px;position:relative}
.across{display:none;max-width:none}
@media (min-width:800px){.upright{display:none}.across{display:block}}
svg.chart{display:block;width:100%;height:auto;overflow:visible}
svg.chart text{font-size:11px;font-family:inherit;font-variant-numeric:tabular-nums}
svg.chart .on{stroke:var(--text);stroke-width:2px;opacity:1}
.words{list-style:none;margin:12px 0 0;padding:0;font-size:13px;line-height:1.45}
.words li{margin:0 0 4px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:0 0 8px;padding:0;font-size:13px}
.legend li{display:flex;align-items:center;gap:7px}
.key{width:20px;height:0;border-top:3px solid var(--c)}
.key.thin{border-top:1px solid var(--faint)}
.key.full,.key.pale,.key.open{width:12px;height:12px;border:1px solid var(--c);background:var(--c)}
.key.pale{background:color-mix(in srgb,var(--c) 35%,var(--ground))}
.key.open{background:none}
.key.dashed{border-top-style:dashed}
details{margin:8px 0 0;min-width:0}
summary{cursor:pointer;color:var(--accent);font-size:13px;width:fit-content;padding:2px 4px 2px 0}
details details summary{font-size:13px}
.card+details>summary,section>details>summary{font-size:14px}
details>div{margin-top:10px}
.scroll{overflow-x:auto;max-width:100%;overflow-wrap:normal}
.scroll+ul{margin-top:16px;font-size:14px}
figure .scroll{max-height:420px;overflow-y:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.data{font-size:13px;line-height:1.4}
.data th,.data td{padding:5px 18px 5px 0;text-align:left;font-weight:400;border-bottom:1px solid var(--grid);vertical-align:top}
.data th:last-child,.data td:last-child{padding-right:0}
.data thead th{color:var(--faint);white-space:nowrap}
.data tbody th{font-weight:400;white-space:nowrap}
.data td{min-width:64px}
.data small{color:var(--faint)}
.answer .data tbody th{white-space:normal;min-width:112px}
.v{white-space:nowrap}
.better{color:var(--better)}.worse{color:var(--worse)}.same{color:var(--same)}.undecided{color:var(--undecided)}
dl{margin:0;font-size:14px}
dl div{display:grid;grid-template-columns:minmax(0,190px) minmax(0,1fr);gap:4px 20px;padding:6px 0;border-bottom:1px solid var(--grid)}
dt{color:var(--faint)}
dd{margin:0}
.lines{list-style:none;padding:0;max-width:80ch;font-size:15px}
.lines li{padding:7px 0 7px 14px;border-left:3px solid var(--grid);margin:0 0 8px}
.lines li.warning{border-color:var(--undecided)}
.lines li.error{border-color:var(--worse)}
footer{margin:56px 0 48px;padding-top:16px;border-top:1px solid var(--grid);font-size:13px;color:var(--faint)}
#tip{position:fixed;z-index:2;pointer-events:none;max-width:calc(100vw - 16px);background:var(--text);color:var(--ground);font-size:13px;line-height:1.4;padding:5px 9px;border-radius:5px;font-variant-numeric:tabular-nums}
[hidden]{display:none!important}
@media (max-width:560px){
.page{padding:0 16px}
header{padding-top:24px}
h1{font-size:24px}
main>section{padding-top:32px;margin-top:32px}
dl div{grid-template-columns:minmax(0,1fr);gap:0}
.data th,.data td{padding-right:14px}
}
@media (max-width:420px){
.answer .data small{display:block}
svg.chart text{font-size:12.5px}
#weigh-in svg.chart text{font-size:14px}
}
@media print{
:root:root:root{color-scheme:light;${declared(light)}}
body{font-size:10.5pt}
.page{max-width:none;padding:0}
.skip,nav,#theme,#tip{display:none!important}
figure,.card,tr,dl div{break-inside:avoid}
h2,h3,h4{break-after:avoid}
.pairs{grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px 28px}
.card{margin-bottom:20px}
details:not([open]){display:none}
figure:not(.pairs) details{display:none}
pre code{white-space:pre-wrap}
.scroll{overflow:visible;max-height:none!important}
svg.chart,.key{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main>section{padding-top:20px;margin-top:20px}
}
`;

function declared(colours: Colours): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}
