import { describe, expect, it } from 'vitest';
import { boundaryOf, formParts } from './multipart.ts';

type Read = readonly { readonly fileName: string | undefined; readonly content: string }[];

async function* piecesOf(...pieces: readonly string[]) {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece, 'latin1'));
}

async function read(source: AsyncIterable<Buffer>, boundary = 'B'): Promise<Read> {
  const parts: Read[number][] = [];
  for await (const { fileName, body } of formParts(source, boundary)) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    parts.push({ fileName, content: Buffer.concat(chunks).toString('latin1') });
  }
  return parts;
}

const file = (content: string, disposition = 'form-data; name="a"; filename="a.png"') =>
  `--B\r\nContent-Disposition: ${disposition}\r\nContent-Type: image/png\r\n\r\n${content}\r\n`;
const field = '--B\r\ncontent-disposition: form-data; name="b"\r\n\r\nvalue\r\n';

describe('a form is read', () => {
  const content = '\r\n--BX\r\n--B-\r\n--B--X\r\n--B x\r\n\r\n-\r\r\n--';
  const whole = `preamble\r\n${file(content)}${field}${file('')}--B--\r\nepilogue\r\n--B\r\nnothing`;
  const parts = [
    { fileName: 'a.png', content },
    { fileName: undefined, content: 'value' },
    { fileName: 'a.png', content: '' },
  ];

  it('the same wherever it is cut in two', async () => {
    for (let at = 0; at <= whole.length; at += 1) {
      expect(await read(piecesOf(whole.slice(0, at), whole.slice(at)))).toEqual(parts);
    }
  });

  it('byte by byte', async () => {
    expect(await read(piecesOf(...whole))).toEqual(parts);
  });

  it('without waiting for what follows the closing boundary', async () => {
    async function* endless() {
      yield* piecesOf(`${file('x')}--B--\r`, '\n');
      await new Promise(() => undefined);
    }
    expect(await read(endless())).toEqual([{ fileName: 'a.png', content: 'x' }]);
  });

  it.each([
    ['no line break at the end', `${file('x')}--B--`],
    ['blanks after the boundaries', file('x').replace('--B', '--B \t') + '--B-- \r\n'],
    [
      'an empty body that takes no line',
      `${file('x')}--B\r\nContent-Disposition: form-data; name=c\r\n\r\n--B--`,
    ],
  ])('with %s', async (_, form) => {
    expect((await read(piecesOf(form)))[0]).toEqual({ fileName: 'a.png', content: 'x' });
  });

  it('when a part is left unread', async () => {
    const names: (string | undefined)[] = [];
    for await (const { fileName, body } of formParts(piecesOf(...whole), 'B')) {
      names.push(fileName);
      for await (const chunk of body) if (chunk.length > 0) break;
    }
    expect(names).toEqual(['a.png', undefined, 'a.png']);
  });

  it('without keeping what has been read', async () => {
    async function* large() {
      yield* piecesOf(file('').slice(0, -2));
      for (let sent = 0; sent < 2000; sent += 1) yield Buffer.alloc(100_000, '\r\n--');
      yield* piecesOf('\r\n--B--\r\n');
    }
    let [bytes, largest] = [0, 0];
    for await (const { body } of formParts(large(), 'B')) {
      for await (const chunk of body)
        [bytes, largest] = [bytes + chunk.length, Math.max(largest, chunk.length)];
    }
    expect([bytes, largest < 110_000]).toEqual([200_000_000, true]);
  });
});

describe('a form is refused', () => {
  it.each([
    ['that is empty', '', /ends before its closing boundary/],
    ['without closing boundary', file('x'), /ends before its closing boundary/],
    ['that ends in its headers', '--B\r\nContent-', /ends before its closing boundary/],
    ['whose boundary is another', file('x').replace('--B', '--C'), /ends before its closing boundary/],
    [
      'with bare line feeds',
      `${file('x')}--B--\r\n`.replaceAll('\r', ''),
      /ends before its closing boundary/,
    ],
    ['with a line that is no header', '--B\r\n--B\r\n\r\n\r\n--B--', /no header/],
    ['with a name that is no header', '--B\r\n(): a\r\n\r\n\r\n--B--', /no header/],
    ['with an empty part', '--B\r\n\r\n\r\n--B--', /no Content-Disposition/],
    ['with a part that is an attachment', `${file('x', 'attachment; filename="a"')}--B--`, /no Content-Disp/],
    [
      'with two dispositions',
      `${file('x').replace('Type: image/png', 'Disposition: form-data')}--B--`,
      /no Con/,
    ],
    ['with endless headers', `--B\r\nA: ${'a'.repeat(9000)}`, /headers of a part are longer than 8192 bytes/],
    ['with too long headers', `--B\r\nA: ${'a'.repeat(9000)}\r\n\r\n--B--`, /longer than 8192 bytes/],
  ])('%s', async (_, form, reason) => {
    for (const pieces of [[form], Array.from(form)]) {
      await expect(read(piecesOf(...pieces))).rejects.toMatchObject({
        status: 400,
        message: expect.stringMatching(reason) as unknown,
      });
    }
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'or read as any other with a header named %s',
    async (name) => {
      const form = `${file('x').replace('Content-Type', name)}--B--\r\n`;
      expect(await read(piecesOf(form))).toEqual([{ fileName: 'a.png', content: 'x' }]);
    },
  );

  it('at its first empty part of a million', async () => {
    let asked = 0;
    async function* parts() {
      for (; asked < 1_000_000; asked += 1) yield await Promise.resolve(Buffer.from('--B\r\n\r\n\r\n'));
    }
    await expect(read(parts())).rejects.toThrow(/no Content-Disposition/);
    expect(asked).toBeLessThan(3);
  });

  it('with what the source throws', async () => {
    async function* broken() {
      yield* piecesOf(file('x'));
      throw new Error('cut off');
    }
    await expect(read(broken())).rejects.toThrow('cut off');
  });
});

it.each([
  ['form-data; filename="grün 🍔.png"', 'grün 🍔.png'],
  ['form-data; filename=plain.png; name=a', 'plain.png'],
  ['FORM-DATA; FileName="a;b=c.png"', 'a;b=c.png'],
  [String.raw`form-data; filename="a\"b\\c.png"`, String.raw`a"b\c.png`],
  [String.raw`form-data; filename="C:\dir\"`, 'C:\\dir\\'],
  ['form-data; filename=""', ''],
  ['form-data; name="filename=x"', undefined],
  [`form-data; filename="plain"; filename*=UTF-8''r%C3%A9al.png`, 'réal.png'],
  [`form-data; filename*=utf-8'en'%e2%82%ac.png`, '€.png'],
  [`form-data; filename*=ISO-8859-1''caf%E9.png`, 'café.png'],
  [`form-data; filename*=UTF-8''%E4.png`, ''],
  [`form-data; filename*=no-charset''a.png; filename="plain"`, 'plain'],
])('the name of %s is %j', async (disposition, fileName) => {
  const form = Buffer.from(`${file('', disposition)}--B--`);
  const [part] = await read(piecesOf(form.toString('latin1')));
  expect(part?.fileName).toBe(fileName);
});

it.each([
  ['multipart/form-data; boundary=BBB', 'BBB'],
  ['Multipart/Form-Data;charset="utf-8";Boundary="a b"', 'a b'],
  [`multipart/form-data; boundary="a'()+_,-./:=?b"`, `a'()+_,-./:=?b`],
])('the boundary of %s is %j', (contentType, boundary) => {
  expect(boundaryOf(contentType)).toBe(boundary);
});

it.each([
  '',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'a'.repeat(71)}`,
])('%j names no boundary', (contentType) =>
  expect(() => boundaryOf(contentType)).toThrow('its Content-Type names no boundary'),
);
