import { createHash } from 'node:crypto';
import type { WorkloadCapacity } from '../capacity/capacity-model.ts';
import { counted } from '../model/plain-text.ts';
import type { ReportModel } from '../model/report-model.ts';
import { markup, nothing, trusted } from './html.ts';
import type { Html } from './html.ts';
import { caveatsSection, diagnosticsSection, fairnessSection, recordSection } from './record-sections.ts';
import { answerSection, metricsSection, weighInSection, withinSection } from './result-sections.ts';
import { pageScript } from './script.ts';
import { pageStyle } from './style.ts';

/**
 * The run as one page of HTML that needs nothing else: no network, no file beside it; light, dark, on a phone and on paper,
 * and readable without scripts. The same model gives the same bytes.
 * @param capacities of a search for capacity in the same environments, one per workload.
 */
export function renderPage(report: ReportModel, capacities: readonly WorkloadCapacity[] = []): string {
  const { host, workloads, started } = report;
  const hasTrials = workloads.length > 0;
  const sections = [
    answerSection(report),
    ...(hasTrials
      ? [weighInSection(report), metricsSection(report), withinSection(report, capacities)]
      : []),
    fairnessSection(report),
    caveatsSection(report),
    diagnosticsSection(report),
    recordSection(report),
  ];
  const names = report.workloadNames.join(', ');
  const nav = links
    .filter(([id]) => hasTrials || !needsTrials.includes(id))
    .map(([id, text]) => markup`<li><a href="#${id}">${text}</a></li>`);
  const body = markup`<a class="skip" href="#main">To the answer</a>
<div class="page">
<header>
<div class="top"><h1>What the environment weighs: ${names}</h1><button id="theme" type="button" hidden>Dark</button></div>
<p class="meta">${started}, on ${host.cpuModel}, ${counted(host.cores, 'core')}, ${host.os}</p>
<nav aria-label="Parts of the report"><ul>${nav}</ul></nav>
</header>
<main id="main" tabindex="-1">${sections}</main>
<footer>Run ${report.id}, seed ${report.seed}. Made by Tare.</footer>
</div>
<div id="tip" role="status" hidden></div>
`;
  return documentOf(`Tare: ${names}, ${started}`, body, pageScript);
} // prettier-ignore

/** A page that says one thing in place of a report: that there is none yet, or why. Dressed as the report is. */
export function renderMessagePage({
  heading,
  message,
}: {
  readonly heading: string;
  readonly message: string;
}): string {
  const body = markup`<div class="page"><header><h1>${heading}</h1></header><main id="main"><p>${message}</p></main></div>
`;
  return documentOf(`Tare: ${heading}`, body);
}

const links = [
  ['answer', 'The answer'],
  ['weigh-in', 'The weigh-in'],
  ['metrics', 'Metric by metric'],
  ['within', 'Within the trials'],
  ['fairness', 'Fairness'],
  ['caveats', 'Caveats'],
  ['diagnostics', 'Diagnostics'],
  ['record', 'Host and configuration'],
] as const;
const needsTrials: readonly string[] = ['weigh-in', 'metrics', 'within'];

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
${body}${script === undefined ? nothing : markup`<script>${trusted(script)}</script>`}
</body>
</html>
`.html;
} // prettier-ignore
