/** A part of the file: its type, and where it, its content and its end are. */
type Box = { readonly type: string; readonly start: number; readonly content: number; readonly end: number };

/** The boxes that are kept, by the one they stand in. */
const boxesIn = new Map<string, ReadonlySet<string>>(
  Object.entries({
    file: 'ftyp meta mdat moov',
    meta: 'hdlr pitm iloc iinf iref iprp idat dinf grpl ipro',
    iprp: 'ipco ipma',
    moov: 'mvhd trak mvex',
    trak: 'tkhd tref edts mdia',
    mdia: 'mdhd hdlr minf elng',
    minf: 'vmhd nmhd dinf stbl',
  }).map(([type, boxes]) => [type, new Set(boxes.split(' '))]),
);

/** Properties of an item that are words and times; they stay in their places, empty, because properties are known by number. */
const wordyProperties = new Set(['udes', 'altt', 'crtt', 'mdft']);

/** Items that are no pictures. */
const wordyItems = new Set(['Exif', 'mime', 'uri ']);

/**
 * AVIF (ISO/IEC 14496-12 and 23008-12): zeros in place of the items that are no pictures, and of every box that is not known to
 * be about pictures. Nothing is moved, since the file is full of distances from its beginning. The Exif block goes as a whole:
 * how a picture is turned is a property of its own here (irot, imir).
 *
 * @returns undefined when the file is too damaged for that.
 */
export function stripAvif(bytes: Buffer): Buffer | undefined {
  const copy = Buffer.from(bytes);
  let end = 0;
  let hasMeta = false;
  try {
    for (const box of boxesOf(bytes, 0, bytes.length)) {
      end = box.end;
      // Only the first list of items counts.
      stripBox(bytes, copy, hasMeta && box.type === 'meta' ? 'nothing' : 'file', box);
      hasMeta ||= box.type === 'meta';
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return copy.subarray(0, end);
}

function stripBox(bytes: Buffer, copy: Buffer, parent: string, box: Box): void {
  const { type, start, content, end } = box;
  if (parent === 'ipco') {
    if (wordyProperties.has(type)) copy.fill(0, content, end);
  } else if (boxesIn.get(parent)?.has(type) !== true) {
    copy.write('free', start + 4, 'latin1');
    copy.fill(0, content, end);
  } else if (boxesIn.has(type) || type === 'ipco') {
    for (const inner of innerBoxes(bytes, box)) stripBox(bytes, copy, type, inner);
    if (type === 'meta') stripItems(bytes, copy, box);
  }
}

function innerBoxes(bytes: Buffer, box: Box): Generator<Box> {
  // A `meta` box has a version and flags before them.
  return boxesOf(bytes, box.content + (box.type === 'meta' ? 4 : 0), box.end);
}

/** The boxes between two places; none after one that is damaged. */
function* boxesOf(bytes: Buffer, from: number, to: number): Generator<Box> {
  for (let start = from, end: number; start + 8 <= to; start = end) {
    const short = bytes.readUInt32BE(start);
    const isLong = short === 1 && start + 16 <= to;
    const length = isLong ? Number(bytes.readBigUInt64BE(start + 8)) : short;
    const content = start + (isLong ? 16 : 8);
    const type = bytes.toString('latin1', start + 4, start + 8);
    // A length of 0 is up to the end; pictures that are cut off are for the decoder to judge.
    const isToTheEnd = length === 0 || (type === 'mdat' && start + length > to);
    end = isToTheEnd ? to : start + length;
    if (end < content || end > to) return;
    yield { type, start, content, end };
  }
}

/**
 * Blanks the items of a `meta` box that are no pictures.
 *
 * @throws RangeError when it cannot be told where they are.
 */
function stripItems(bytes: Buffer, copy: Buffer, meta: Box): void {
  const found = new Map<string, Box>();
  for (const box of innerBoxes(bytes, meta)) if (!found.has(box.type)) found.set(box.type, box);
  const [info, locations, data] = [found.get('iinf'), found.get('iloc'), found.get('idat')];
  if (info === undefined || locations === undefined) return;
  const wordy = new Set(wordyItemsOf(bytes, info));
  let blanked = 0;
  for (const { item, method, offset, length } of extentsOf(bytes, locations)) {
    if (!wordy.has(item)) continue;
    const origin = method === 0 ? 0 : method === 1 ? data?.content : undefined;
    if (origin === undefined) throw new RangeError('an item that is made of other items');
    const start = Math.min(origin + offset, bytes.length);
    const end = length === 0 ? bytes.length : Math.min(start + length, bytes.length);
    // Whoever names the same place again and again wants it to take long.
    blanked += end - start;
    if (blanked > 2 * bytes.length) throw new RangeError('items that lie upon each other');
    copy.fill(0, start, end);
  }
}

function* wordyItemsOf(bytes: Buffer, info: Box): Generator<number> {
  const isShort = bytes.readUInt8(info.content) === 0;
  for (const { type, content } of boxesOf(bytes, info.content + (isShort ? 6 : 8), info.end)) {
    const version = bytes.readUInt8(content);
    if (type !== 'infe' || version < 2) continue;
    const idBytes = version === 2 ? 2 : 4;
    const itemType = content + 4 + idBytes + 2;
    if (wordyItems.has(bytes.toString('latin1', itemType, itemType + 4))) {
      yield bytes.readUIntBE(content + 4, idBytes);
    }
  }
}

/** What an `iloc` box says of the places of items (ISO/IEC 14496-12, 8.11.3), one part of an item after the other. */
function* extentsOf(bytes: Buffer, box: Box) {
  let at = box.content;
  const next = (length: number): number => {
    if (at + length > box.end) throw new RangeError('a list of items that is longer than its box');
    at += length;
    if (length === 0) return 0;
    return length === 8 ? Number(bytes.readBigUInt64BE(at - 8)) : bytes.readUIntBE(at - length, length);
  };
  const version = next(1);
  next(3);
  const [sizes, moreSizes] = [next(1), next(1)];
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 4, sizes & 15, moreSizes >> 4];
  const indexBytes = version === 0 ? 0 : moreSizes & 15;
  const idBytes = version < 2 ? 2 : 4;
  for (let items = next(idBytes); items > 0; items -= 1) {
    const item = next(idBytes);
    const method = version === 0 ? 0 : next(2) & 15;
    next(2);
    const base = next(baseBytes);
    if (offsetBytes + lengthBytes + indexBytes === 0) {
      // The whole file, however often.
      if (next(2) > 0) yield { item, method, offset: base, length: 0 };
      continue;
    }
    for (let extents = next(2); extents > 0; extents -= 1) {
      next(indexBytes);
      yield { item, method, offset: base + next(offsetBytes), length: next(lengthBytes) };
    }
  }
}
