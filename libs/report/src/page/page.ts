import { createHash } from 'node:crypto';
import type { WorkloadCapacity } from '../charts/capacity.ts';
import type { ReportModel } from '../model/report-model.ts';
import { counted } from '../model/words.ts';
import { markup, nothing, trusted, type Html } from './html.ts';
import { pageScript } from './script.ts';
import { pageSections, type PageSection } from './sections.ts';
import { pageStyle } from './style.ts';

/**
 * The run as one page of HTML that needs nothing else: no network, no file beside it; light, dark, on a phone and on paper,
 * and readable without scripts. The same model gives the same bytes.
 * @param capacities of a search for capacity in the same environments, one per workload.
 */
export function renderPage(report: ReportModel, capacities: readonly WorkloadCapacity[] = []): string {
  const { host, started } = report;
  const sections = pageSections(report, capacities);
  const names = report.workloadNames.join(', ');
  const nav = sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`);
  const body = markup`<a class="skip" href="#main">To the answer</a>
<div class="page">
<header>
<div class="top"><h1>What the environment weighs: ${names}</h1><button id="theme" type="button" hidden>Dark</button></div>
<p class="meta">${started}, on ${host.cpuModel}, ${counted(host.cores, 'core')}, ${host.os}</p>
${report.partial === undefined ? nothing : markup`<p class="note" role="note"><b>${report.partial}</b></p>
`}<nav aria-label="Parts of the report"><ul>${nav}</ul></nav>
</header>
<main id="main" tabindex="-1">${sections.map(sectionHtml)}</main>
<footer>Run ${report.id}, seed ${report.seed}. Made by Tare.</footer>
</div>
<div id="tip" role="status" hidden></div>
`;
  return documentOf(`Tare: ${names}, ${started}`, body, pageScript);
} // prettier-ignore

/** A page that says one thing in place of a report: that there is none yet, or why. Dressed as the report is. */
export function renderMessagePage(said: { readonly heading: string; readonly message: string }): string {
  const { heading, message } = said;
  const body = markup`<div class="page"><header><h1>${heading}</h1></header><main id="main"><p>${message}</p></main></div>
`;
  return documentOf(`Tare: ${heading}`, body);
}

function sectionHtml({ id, title, content }: PageSection): Html {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>
`;
}

// the build of the packages replaces a tagged template that holds this, by one that needs a library
const endOfScript = trusted('</script>');

function documentOf(title: string, body: Html, script?: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  // the charts of a page have colours in attributes: only a page without them can name its style sheet
  const policy =
    script === undefined
      ? `default-src 'none'; style-src ${hash(pageStyle)}`
      : `default-src 'none'; style-src 'unsafe-inline'; script-src ${hash(script)}; img-src data:`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(pageStyle)}</style>
</head>
<body>
${body}${script === undefined ? nothing : markup`<script>${trusted(script)}${endOfScript}`}
</body>
</html>
`.html;
} // prettier-ignore
