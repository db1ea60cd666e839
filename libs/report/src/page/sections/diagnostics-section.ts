import type { Diagnostic, RunFile } from '@tare/results';
import { comparisonWarnings } from '../../run-notes.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { folded } from '../page-parts.ts';

/** So many of a kind are shown at once; of more, the first, and the others folded. */
const mostInFull = 3;
const levels: readonly Diagnostic['level'][] = ['error', 'warning', 'info'];

/** What the run noticed, the worst first, grouped by kind. */
export function diagnosticsSection(run: RunFile): Html {
  const compared = comparisonWarnings(run).map((message) => ({ level: 'warning', code: 'comparison', message }) as const);
  const all = [...run.diagnostics, ...compared];
  const groups = levels.flatMap((level) => [
    ...Map.groupBy(
      all.filter((each) => each.level === level),
      ({ code }) => code,
    ),
  ]);
  const body =
    groups.length === 0 ? markup`<p>Nothing to report.</p>` : markup`<ul class="lines">${groups.map(groupHtml)}</ul>`;
  return markup`<section id="diagnostics" aria-labelledby="diagnostics-title"><h2 id="diagnostics-title">Diagnostics</h2>${body}</section>`;
} // prettier-ignore

function groupHtml([code, group]: readonly [string, readonly Diagnostic[]]): Html {
  const level = group[0]?.level ?? 'info';
  const shown = group.length > mostInFull ? group.slice(0, 1) : group;
  const rest = group.slice(shown.length);
  const items = (list: readonly Diagnostic[]) => list.map(({ message }) => markup`<div>${message}</div>`);
  const more = rest.length === 0 ? nothing : folded(`${rest.length} more`, markup`${items(rest)}`);
  return markup`<li class="${level}"><b>${level}</b> <code>${code}</code>${group.length > 1 ? ` ${group.length} times` : ''}${items(shown)}${more}</li>
`;
} // prettier-ignore
