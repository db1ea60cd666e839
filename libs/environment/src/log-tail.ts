import { plainText } from '@tare/metrics';

/** Keeps the last lines of an output, for error messages, and makes them harmless to print. */
export interface LogTail {
  add(chunk: string): void;
  text(): string;
}

const keptCharacters = 16_384;

/** @param lines how many of the last lines to keep. */
export function logTail(lines = 50): LogTail {
  let text = '';
  return {
    add: (chunk) => {
      text = (text + chunk).slice(-keptCharacters);
    },
    text: () => plainText(text).trimEnd().split('\n').slice(-lines).join('\n'),
  };
}
