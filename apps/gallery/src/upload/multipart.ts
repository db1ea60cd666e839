import { MIMEType } from 'node:util';
import { Refusal } from '../refusal.ts';

/** One part of a form. What is left of its body is skipped when the next part is asked for. */
type FormPart = {
  /** Under which name a file was sent; undefined for a field that is no file. */
  readonly fileName: string | undefined;
  readonly body: AsyncIterable<Buffer>;
};

/** The longest block of headers of a part, and the most blanks after a boundary, in bytes. */
const longestHeaders = 8 * 1024;
const longestPadding = 64;

const [cr, lf, dash, space, tab] = [13, 10, 45, 32, 9];

/**
 * The boundary that a Content-Type of multipart/form-data names (RFC 2046, 5.1.1).
 *
 * @throws Refusal 400 when it names none.
 */
export function boundaryOf(contentType: string): string {
  const boundary = mimeTypeFrom(contentType)?.params.get('boundary') ?? '';
  if (boundary.length < 1 || boundary.length > 70) throw malformed('its Content-Type names no boundary');
  return boundary;
}

/**
 * The parts of a form (RFC 7578) as they arrive. Ends with the closing boundary, whatever follows it; holds no more in memory
 * than one piece of the source and the headers of one part. A line that only begins like a boundary is content.
 *
 * The parts are pulled one by one: there is no event that could come twice or after everybody has stopped listening.
 *
 * @throws Refusal 400 when the form is malformed or cut off; what the source throws.
 */
export async function* formParts(source: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<FormPart> {
  const pieces = source[Symbol.asyncIterator]();
  const needle = Buffer.from(`\r\n--${boundary}`);
  // The line break before a boundary belongs to it, and the first boundary may be the first line.
  let rest: Buffer = Buffer.from('\r\n');
  let skipped = 2;
  let ended = false;
  let found: 'nothing' | 'part' | 'end' = 'nothing';

  const isOver = () => found === 'end';
  const more = async () => {
    const piece = await pieces.next();
    if (piece.done === true) ended = true;
    else rest = rest.length === 0 ? piece.value : Buffer.concat([rest, piece.value]);
  };
  const take = (length: number) => {
    const taken = rest.subarray(Math.min(skipped, length), length);
    rest = rest.subarray(length);
    skipped = Math.max(0, skipped - length);
    return taken;
  };
  async function* untilBoundary(): AsyncGenerator<Buffer> {
    let from = 0;
    while (found === 'nothing') {
      const at = rest.indexOf(needle, from);
      const line = at < 0 ? undefined : boundaryLine(rest, at + needle.length, ended);
      if (line === 'content') {
        from = at + 1;
        continue;
      }
      const isWhole = typeof line === 'object';
      const content = take(at >= 0 ? at : Math.max(0, rest.length - needle.length + 1));
      if (isWhole) {
        rest = rest.subarray(line.end - at);
        [found, skipped] = [line.isLast ? 'end' : 'part', 0];
      }
      if (content.length > 0) yield content;
      if (isWhole) return;
      if (ended) throw malformed('it ends before its closing boundary');
      from = 0;
      await more();
    }
  }
  const headers = async (): Promise<string> => {
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end > longestHeaders || (end < 0 && rest.length > longestHeaders)) {
        throw malformed(`the headers of a part are longer than ${longestHeaders} bytes`);
      }
      if (end >= 0) {
        const text = rest.toString('utf8', 2, Math.max(2, end));
        // The second line break stays: an empty body is followed by its boundary at once.
        [rest, skipped, found] = [rest.subarray(end + 2), 2, 'nothing'];
        return text;
      }
      if (ended) throw malformed('it ends before its closing boundary');
      await more();
    }
  };

  try {
    for (;;) {
      for await (const unread of untilBoundary()) void unread;
      if (isOver()) return;
      const fileName = fileNameIn(await headers());
      yield { fileName, body: { [Symbol.asyncIterator]: untilBoundary } };
    }
  } finally {
    await pieces.return?.();
  }
}

/**
 * What a line that begins with a boundary is, going by what follows from `start`: a boundary with its end, content, or unknown
 * (undefined) until more has arrived. The line break after a boundary is left for the headers.
 */
function boundaryLine(
  bytes: Buffer,
  start: number,
  isAll: boolean,
): { readonly end: number; readonly isLast: boolean } | 'content' | undefined {
  const isLast = bytes[start] === dash && bytes[start + 1] === dash;
  let at = isLast ? start + 2 : start;
  while ((bytes[at] === space || bytes[at] === tab) && at - start < longestPadding) at += 1;
  const [one, other] = [bytes[at], bytes[at + 1]];
  if (one === cr && other === lf) return { end: at, isLast };
  const mayBeBoundary =
    one === undefined || ((one === cr || (one === dash && at === start)) && other === undefined);
  if (!mayBeBoundary) return 'content';
  if (!isAll) return undefined;
  return isLast ? { end: bytes.length, isLast } : 'content';
}

/** The name of the file of a part, by its headers. */
function fileNameIn(headers: string): string | undefined {
  const dispositions = headers.split('\r\n').flatMap((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):(.*)$/s.exec(line) ?? [];
    if (name === undefined && headers !== '') throw malformed('a part has a line that is no header');
    return name?.toLowerCase() === 'content-disposition' ? [(value ?? '').trimStart()] : [];
  });
  const [disposition] = dispositions;
  if (dispositions.length !== 1 || disposition === undefined || !/^form-data *(;|$)/i.test(disposition)) {
    throw malformed('a part has no Content-Disposition of form-data');
  }
  let plain: string | undefined;
  let extended: string | undefined;
  for (const [, name, quoted, token] of disposition.matchAll(
    /; *([\w-]+\*?) *= *(?:"((?:\\["\\]|[^"])*)"|([^;"]*))/g,
  )) {
    const value = quoted?.replaceAll(/\\(["\\])/g, '$1') ?? token?.trim() ?? '';
    if (name?.toLowerCase() === 'filename') plain ??= value;
    if (name?.toLowerCase() === 'filename*') extended ??= decoded(value) ?? '';
  }
  return extended === undefined || extended === '' ? (plain ?? extended) : extended;
}

/** A value with its charset and percent signs (RFC 8187); undefined when it cannot be read. */
function decoded(value: string): string | undefined {
  const [, charset, text = ''] = /^([\w-]+)'[^']*'(.*)$/.exec(value) ?? [];
  const bytes = text.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  try {
    return new TextDecoder(charset, { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

function mimeTypeFrom(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType);
  } catch {
    return undefined;
  }
}

function malformed(reason: string): Refusal {
  return new Refusal(400, `the form cannot be read: ${reason}`);
}
