import { stripVTControlCharacters } from 'node:util';

// \n and \t stay
// eslint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Makes text that came from an app, another program or another user harmless where it is printed: without escape sequences
 * and control characters, which a terminal would obey, and without the commands that GitHub Actions ("::error::", "##[group]")
 * and Azure Pipelines ("##vso[") take from a log.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n'))
    .replaceAll(controlCharacters, '\ufffd')
    .replaceAll(/^(\s*):(?=:[a-z])/gim, '$1: ')
    .replaceAll(/##(?=\[|vso\[)/gi, '## ');
}
