// ECMA-48: control sequences, strings for the operating system up to the end of the line, and those of two characters. Each
// part ends where the next begins: util.stripVTControlCharacters takes minutes for a megabyte of unfinished ones
const escapeSequence =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]+[0-~]/g;

// \n and \t stay
const controlCharacters =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Makes text that came from an app, another program or another user harmless where it is printed: without escape sequences
 * and control characters, which a terminal would obey, and without the commands that GitHub Actions ("::error::", "##[group]"),
 * Azure Pipelines ("##vso[") and TeamCity ("##teamcity[") take from a log.
 */
export function plainText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(escapeSequence, '')
    .replaceAll(controlCharacters, '\ufffd')
    .replaceAll(/^([^\S\n]*):(?=:[a-z])/gim, '$1: ')
    .replaceAll(/##(?=\[|vso\[|teamcity\[)/gi, '## ');
}
