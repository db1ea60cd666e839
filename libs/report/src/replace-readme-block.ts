const startMarker = '<!-- tare:results -->';
const endMarker = '<!-- /tare:results -->';

/** Whether a README has a place for the results, whole or broken. */
export function hasReadmeMarker(readmeText: string): boolean {
  return readmeText.includes(startMarker) || readmeText.includes(endMarker);
}

/**
 * A README with the block between its markers; without markers the block is appended with them. Keeps the README's
 * line ends.
 * @throws Error in one line when the markers are not exactly one start and, after it, one end.
 */
export function replaceReadmeBlock(readmeText: string, block: string): string {
  const lineEnd = readmeText.includes('\r\n') ? '\r\n' : '\n';
  const marked = [startMarker, '', block.trim(), '', endMarker].join('\n').replaceAll('\n', lineEnd);
  if (!hasReadmeMarker(readmeText)) {
    const before = readmeText.trimEnd();
    return before === '' ? marked + lineEnd : `${before}${lineEnd}${lineEnd}${marked}${lineEnd}`;
  }
  const starts = readmeText.split(startMarker).length - 1;
  const ends = readmeText.split(endMarker).length - 1;
  const start = readmeText.indexOf(startMarker);
  const end = readmeText.indexOf(endMarker);
  if (starts !== 1 || ends !== 1 || end < start) {
    throw new Error(
      `The README has ${starts} × "${startMarker}" and ${ends} × "${endMarker}"; ` +
        'expected one of each, in this order. It was left as it is.',
    );
  }
  return readmeText.slice(0, start) + marked + readmeText.slice(end + endMarker.length);
}
