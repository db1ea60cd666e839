import type { RunFile } from '@tare/results';
import { repeatCommand } from '../../repeat-command.ts';
import { counted, dateText, loadText } from '../../run-notes.ts';
import { markup } from '../markup.ts';
import type { Html } from '../markup.ts';
import { dataTable, definitions, folded } from '../page-parts.ts';
import { wordsOf } from './fairness-section.ts';

/** What was measured, where, and how to do it again. */
export function recordSection(run: RunFile): Html {
  const { host, config, artifacts, seed, id, environments } = run;
  const hostFacts = definitions([
    ['Processor', `${host.cpuModel}, ${counted(host.cores, 'core')}`],
    ['Memory', `${Math.round(host.memoryMiB)} MiB`],
    ['System', `${host.os}, kernel ${host.kernel}`],
    ['Virtualised', host.virtualised],
    ['Node', host.node],
  ]);
  const settings = definitions([
    ['Run', markup`<code>${id}</code>`],
    ['Seed', String(seed)],
    ['Begun', dateText(run.startedAt)],
    ['Ended', dateText(run.finishedAt)],
    ['Environments', `${config.environments.join(', ')}; baseline ${config.baseline}${config.twin === null ? '' : `, twin ${config.twin}`}`],
    ['Rounds', `at most ${config.rounds}, in random order; a round may be repeated ${counted(config.retries, 'time')}`],
    ['Load', loadText(run)],
    ...config.workloads.map(({ name, requestPath, healthPath, parameters }) => {
      const values = Object.entries(parameters).map(([key, value]) => `, ${key} = ${value}`);
      return [`Workload ${name}`, markup`requests <code>${requestPath}</code>, ready when <code>${healthPath}</code> answers 200${values.join('')}`] as const;
    }),
    ...Object.entries(artifacts).map(([name, { sha256, bytes }]) => [`Artifact ${name}`, markup`${bytes} bytes, sha256 <code>${sha256}</code>`] as const),
  ]); // prettier-ignore
  const facts = environments.flatMap(({ name, facts: ofOne }) =>
    Object.entries(ofOne).map(([fact, value]) => [name, wordsOf(fact), String(value)]),
  );
  const factTable = dataTable({
    label: 'Facts about the environments',
    head: ['Environment', 'Fact', 'Value'],
    rows: facts,
  });
  return markup`<section id="record" aria-labelledby="record-title">
    <h2 id="record-title">Host and configuration</h2>
    <h3>Host</h3>
    ${hostFacts}
    <h3>Configuration</h3>
    ${settings} ${folded(`Facts about the environments, with digests of images: ${facts.length}`, factTable)}
    <h3>How to repeat this run</h3>
    <div class="scroll" role="region" tabindex="0" aria-label="Command that repeats the run">
      <pre><code>${repeatCommand(run)}</code></pre>
    </div>
  </section>`;
}
