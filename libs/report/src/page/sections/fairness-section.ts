import type { RunFile } from '@tare/results';
import { counted, loadText } from '../../run-notes.ts';
import { fairFacts } from '../data/fair-facts.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { dataTable, definitions } from '../page-parts.ts';

/** What was equal for all environments, and what could not be made so. */
export function fairnessSection(run: RunFile): Html {
  const { artifacts, config } = run;
  const { cpus, memoryMiB, serverCpus, generatorCpus, nodeArguments } = config.resources;
  const shown = run.environments.filter(({ name }) => name !== config.twin);
  const { environments, equal, different, confessed } = fairFacts(shown);
  const pinned = (list: readonly number[] | null) =>
    list === null ? 'not pinned' : `CPU ${list.join(', ')}`;
  const same: readonly (readonly [string, string | Html])[] = [
    ...Object.entries(artifacts).map(
      ([name, { sha256, bytes }]) =>
        [`Artifact of ${name}`, markup`${bytes} bytes, sha256 <code>${sha256}</code>`] as const,
    ),
    ['Load', loadText(run)],
    ['Budget of an instance', `${counted(cpus, 'CPU')}, ${memoryMiB} MiB`],
    ['Server', pinned(serverCpus)],
    ['Load generator', pinned(generatorCpus)],
    ...(nodeArguments.length === 0 ? [] : [['Arguments of Node', markup`<code>${nodeArguments.join(' ')}</code>`] as const]),
    ...equal.map(({ fact, value }) => [wordsOf(fact), value] as const),
  ]; // prettier-ignore
  const differing =
    different.length === 0
      ? markup`<p>The environments state nothing that differs.</p>`
      : dataTable({
          label: 'Facts that differ between the environments',
          head: ['Fact', ...environments],
          rows: different.map(({ fact, values }) => [wordsOf(fact), ...values.map((value) => value ?? '–')]),
        });
  const confessions =
    confessed.length === 0
      ? nothing
      : markup`<ul>
          ${confessed.map(({ environment, text }) => markup`<li><b>${environment}</b>: ${text}</li>`)}
        </ul>`;
  return markup`<section id="fairness" aria-labelledby="fairness-title">
    <h2 id="fairness-title">Fairness</h2>
    <h3>What was equal</h3>
    ${definitions(same)}
    <h3>What was not</h3>
    ${differing}${confessions}
  </section>`;
}

/** "memoryLimit" as "memory limit". */
export function wordsOf(fact: string): string {
  return fact.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
