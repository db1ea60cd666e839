import type { Readable } from 'node:stream';

/**
 * Reads an answer of one JSON value per line, as the engine sends for builds, loads and statistics.
 * @throws Error when the connection breaks before the end.
 */
export async function* jsonLines(answer: Readable): AsyncGenerator<unknown> {
  let rest = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}
