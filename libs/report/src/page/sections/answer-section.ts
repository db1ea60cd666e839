import { metricCatalogue } from '@tare/results';
import type { RunFile, Verdict } from '@tare/results';
import { missingEnvironments } from '../../run-notes.ts';
import { oneLine } from '../../safe-text.ts';
import { conclusionSentences } from '../../words/conclusion.ts';
import { directionText, factorText } from '../data/figure-text.ts';
import type { WorkloadSubjects } from '../data/page-subject.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { dataTable, unbroken } from '../page-parts.ts';

const signs: Readonly<Record<Verdict, string>> = { better: '✓', worse: '✗', same: '≈', undecided: '?' };

/** The answer first: sentences that follow from the verdicts, the verdicts at a glance, and who could not be measured. */
export function answerSection(run: RunFile, workloads: readonly WorkloadSubjects[]): Html {
  const conclusions = conclusionSentences(run, { intervals: false });
  const parts = workloads.map(({ workload, key, subjects }) => {
    const sentences = conclusions.find((each) => each.workload === workload)?.sentences ?? [];
    return markup`<section class="answer">
      <h3 id="${key}-answer">${workload}</h3>
      ${sentences.map((sentence) =>
        sentenceHtml(
          sentence,
          subjects.map(({ name }) => name),
        ),
      )}
      ${glance(run, { workload, key, subjects })}
    </section>`;
  });
  const body = parts.length === 0 ? [markup`<p>No trial was measured.</p>`] : parts;
  return markup`<section id="answer" aria-labelledby="answer-title">
    <h2 id="answer-title">The answer</h2>
    ${body}${missingPart(run)}
  </section>`;
}

/** A sentence about an environment has its name in bold. */
function sentenceHtml(sentence: string, names: readonly string[]): Html {
  const name = names.map(oneLine).find((each) => sentence.startsWith(`${each}: `));
  if (name === undefined) return markup`<p>${unbroken(sentence)}</p>`;
  return markup`<p><b>${name}</b>${unbroken(sentence.slice(name.length))}</p>`;
}

function glance(run: RunFile, { workload, subjects }: WorkloadSubjects): Html {
  const candidates = subjects.filter(({ isBaseline }) => !isBaseline);
  const rows = metricCatalogue.flatMap((metric) => {
    const found = candidates.map(({ name }) =>
      run.comparisons.find(
        (each) => each.workload === workload && each.metric === metric.key && each.candidate === name,
      ),
    );
    if (!metric.judged || found.every((each) => each === undefined || each.ratio === null)) return [];
    const cells = found.map((comparison, place) => {
      if (comparison === undefined || comparison.ratio === null) return '–';
      const factor = factorText(comparison.ratio);
      if (comparison.verdict === null) {
        return markup`${factor}
          <small>${candidates[place]?.emulated === true ? 'emulated' : 'not judged'}</small>`;
      }
      return markup`${factor}
        <span class="${`v ${comparison.verdict}`}">${signs[comparison.verdict]} ${comparison.verdict}</span>`;
    });
    return [[markup`${metric.label} <small>${directionText(metric)}</small>`, ...cells]];
  });
  if (rows.length === 0) return nothing;
  return dataTable({
    label: `Verdicts of ${workload}: ratios to ${run.config.baseline}`,
    head: [`Ratio to ${run.config.baseline}`, ...candidates.map(({ title }) => title)],
    rows,
  });
}

function missingPart(run: RunFile): Html {
  const missing = missingEnvironments(run);
  if (missing.length === 0) return nothing;
  const items = missing.map(({ name, status, reason, remedy }) => {
    const advice = remedy === undefined ? nothing : markup`<br />Remedy: <code>${remedy}</code>`;
    return markup`<li><b>${name}</b> (${status}): ${reason}${advice}</li>`;
  });
  return markup`<section class="note">
    <h3 id="missing-title">Not measured</h3>
    <ul>
      ${items}
    </ul>
  </section>`;
}
