import type { RunFile } from '@tare/results';
import { escapeMarkdown } from './safe-text.ts';
import { conclusionSentences } from './words/conclusion.ts';

/** The conclusion about one workload as a Markdown list; empty for one without figures. */
export function conclusionMarkdown(run: RunFile, workload: string): string {
  return conclusionSentences(run)
    .filter((conclusion) => conclusion.workload === workload)
    .flatMap(({ sentences }) => sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`))
    .join('\n');
}
