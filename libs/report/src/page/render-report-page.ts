import { createHash } from 'node:crypto';
import type { RunFile } from '@tare/results';
import { counted, dateText } from '../run-notes.ts';
import type { CalibrationSummary } from '../words/calibration-words.ts';
import { pageSubjects } from './data/page-subject.ts';
import { markup, nothing, trusted } from './markup.ts';
import type { Html } from './markup.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { answerSection } from './sections/answer-section.ts';
import { behaviourSection } from './sections/behaviour-section.ts';
import { capacityFigure } from './sections/capacity-figure.ts';
import type { CapacityCurve } from './sections/capacity-figure.ts';
import { careSection } from './sections/care-section.ts';
import { diagnosticsSection } from './sections/diagnostics-section.ts';
import { fairnessSection } from './sections/fairness-section.ts';
import { metricsSection } from './sections/metrics-section.ts';
import { recordSection } from './sections/record-section.ts';
import { weighInSection } from './sections/weigh-in-section.ts';

export type ReportPageExtra = {
  /** Of a search for capacity in the same environments, one per workload. */
  readonly capacity?: readonly CapacityCurve[];
  /** The latest calibration of the machine. */
  readonly calibration?: CalibrationSummary;
};

/**
 * The run as one page of HTML that needs nothing else: no network, no file beside it; light, dark, on a phone and on paper,
 * and readable without scripts. The same run gives the same bytes.
 */
export function renderReportPage(run: RunFile, { capacity = [], calibration }: ReportPageExtra = {}): string {
  const workloads = pageSubjects(run);
  const capacityOf = (workload: string) => {
    const subjects = workloads.find((each) => each.workload === workload);
    return subjects === undefined ? nothing : capacityFigure(capacity, subjects);
  };
  const sections = [
    answerSection(run, workloads),
    ...(workloads.length === 0
      ? []
      : [
          weighInSection(run, workloads),
          metricsSection(run, workloads),
          behaviourSection(run, workloads, capacityOf),
        ]),
    fairnessSection(run),
    careSection(run, calibration),
    diagnosticsSection(run),
    recordSection(run),
  ];
  return documentOf(run, sections, workloads.length > 0).html;
}

const scriptHash = createHash('sha256').update(pageScript).digest('base64');
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; img-src data:; base-uri 'none'; form-action 'none'`;

const links = [
  ['answer', 'The answer'],
  ['weigh-in', 'The weigh-in'],
  ['metrics', 'Metric by metric'],
  ['behaviour', 'Within the trials'],
  ['fairness', 'Fairness'],
  ['care', 'Care'],
  ['diagnostics', 'Diagnostics'],
  ['record', 'Host and configuration'],
] as const;
const needsTrials: readonly string[] = ['weigh-in', 'metrics', 'behaviour'];

function documentOf(run: RunFile, sections: readonly Html[], hasTrials: boolean): Html {
  const { host } = run;
  const names = run.config.workloads.map(({ name }) => name).join(', ');
  const nav = links
    .filter(([id]) => hasTrials || !needsTrials.includes(id))
    .map(([id, text]) => markup`<li><a href="#${id}">${text}</a></li>`);
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Tare: ${names}, ${dateText(run.startedAt)}</title>
        <style>${trusted(pageStyle)}</style>
      </head>
      <body>
        <a class="skip" href="#main">To the answer</a>
        <div class="page">
          <header>
            <div class="top">
              <h1>What the environment weighs: ${names}</h1>
              <button id="theme" type="button" hidden>Dark</button>
            </div>
            <p class="meta">
              ${dateText(run.startedAt)}, on ${host.cpuModel}, ${counted(host.cores, 'core')}, ${host.os}
            </p>
            <nav aria-label="Parts of the report">
              <ul>
                ${nav}
              </ul>
            </nav>
          </header>
          <main id="main" tabindex="-1">${sections}</main>
          <footer>Run ${run.id}, seed ${run.seed}. Made by Tare.</footer>
        </div>
        <div id="tip" role="status" hidden></div>
        <script>${trusted(pageScript)}</script>
      </body>
    </html>
`;
}
