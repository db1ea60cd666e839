// C0, DEL, C1 and the direction overrides: a program's output must not move the cursor or reorder our text.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
// eslint-disable-next-line no-control-regex
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/** Text from another program on one line, without escape sequences and control characters. */
export function oneLine(text: string): string {
  return text.replace(escapeSequence, '').replace(unprintable, ' ').replace(/ {2,}/g, ' ').trim();
}

/** Text from another program as Markdown that shows exactly that text, on one line, also inside a table cell. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]<>#|~$!]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/^([-+=]|\d+[.)])(?= |$)/, (start) => `${start.slice(0, -1)}\\${start.slice(-1)}`);
}

/** Text as a Markdown code span that no backtick in it can end early; not for table cells when it holds "|". */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  const longestRun = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  const padding = longestRun > 0 ? ' ' : '';
  return `${fence}${padding}${line}${padding}${fence}`;
}
