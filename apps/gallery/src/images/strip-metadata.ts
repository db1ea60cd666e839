import { crc32 } from 'node:zlib';
import type { ImageType } from './image-type.ts';
import { stripAvif } from './strip-avif.ts';

/**
 * An image without what it tells besides its pixels: place, time, names, camera, comments, small pictures of what it was before
 * (Exif, XMP, IPTC and whatever else is not known to be of use). Pixels, colour profile, size on paper, movement and orientation
 * stay byte for byte: nothing is encoded anew.
 *
 * What a decoder needs is kept, and all else left out, known or not: makers of cameras and programs have many places for what
 * they tell. Nothing is kept after the end of the picture either, where some put a second picture or a film, nor a part that
 * ends beyond the file. What is left of a damaged file is for the decoder to judge.
 *
 * @returns undefined when the file is too damaged to find what it tells.
 */
export function withoutMetadata(type: ImageType, bytes: Buffer): Buffer | undefined {
  const strip = {
    'image/jpeg': stripJpeg,
    'image/png': stripPng,
    'image/webp': stripWebp,
    'image/gif': stripGif,
  };
  return type === 'image/avif' ? stripAvif(bytes) : strip[type](bytes);
}

/** The copy of a file, part by part. */
function createCopy(bytes: Buffer) {
  // An Exif block that is put in the place of another may be a few bytes longer.
  const copy = Buffer.allocUnsafe(bytes.length + 64);
  let length = 0;
  return {
    keep(start: number, end: number): void {
      length += bytes.copy(copy, length, Math.min(start, bytes.length), end);
    },
    insert(added: Uint8Array): void {
      copy.set(added, length);
      length += added.length;
    },
    made: () => copy.subarray(0, length),
  };
}

const exifMark = 'Exif\0\0';

/** JPEG (ITU-T T.81, annex B): tables, frames and scans, and of the segments for applications JFIF, ICC profile and Adobe's. */
function stripJpeg(bytes: Buffer): Buffer {
  const copy = createCopy(bytes);
  let isTurned = false;
  copy.keep(0, 2);
  for (
    let start = nextMarker(bytes, 2), end: number;
    start + 2 <= bytes.length;
    start = nextMarker(bytes, end)
  ) {
    const kind = bytes[start + 1] ?? 0;
    if (kind === 0xd9) {
      copy.keep(start, start + 2);
      break;
    }
    if (start + 4 > bytes.length) break;
    end = start + 2 + bytes.readUInt16BE(start + 2);
    if (end < start + 4 || end > bytes.length) break;
    const mark = bytes.toString('latin1', start + 4, Math.min(end, start + 16));

    if (kind === 0xe1 && mark.startsWith(exifMark) && !isTurned) {
      const turned = orientationOnly(bytes.subarray(start + 4 + exifMark.length, end));
      if (turned === undefined) continue;
      isTurned = true;
      const head = Buffer.from([0xff, 0xe1, 0, 2 + exifMark.length + turned.length]);
      copy.insert(Buffer.concat([head, Buffer.from(exifMark, 'latin1'), turned]));
    } else if (kind === 0xe0 && mark.startsWith('JFIF\0') && end > start + 18) {
      // without the small picture, which need not be of this one
      copy.insert(
        Buffer.concat([
          Buffer.from([0xff, 0xe0, 0, 16]),
          bytes.subarray(start + 4, start + 16),
          Buffer.alloc(2),
        ]),
      );
    } else if (kind === 0xda) {
      end = endOfScan(bytes, end);
      copy.keep(start, end);
    } else if (
      (kind >= 0xc0 && kind <= 0xcf) ||
      (kind >= 0xdb && kind <= 0xdf) ||
      (kind === 0xe0 && mark.startsWith('JFIF\0')) ||
      (kind === 0xe2 && mark.startsWith('ICC_PROFILE\0')) ||
      (kind === 0xee && mark.startsWith('Adobe'))
    ) {
      copy.keep(start, end);
    }
  }
  return copy.made();
}

/** Where the next marker begins that something comes with, or that ends the picture; past the end when there is none. */
function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const kind = bytes[at + 1] ?? 0;
    if (kind >= 0xc0 && kind !== 0xff && (kind < 0xd0 || kind > 0xd8)) return at;
  }
  return bytes.length;
}

/** Where the data of a scan ends: at the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const kind = bytes[at + 1] ?? 0;
    if (kind !== 0 && kind !== 0xff && (kind < 0xd0 || kind > 0xd7)) return at;
  }
  return bytes.length;
}

/** The chunks of PNG (third edition) that a decoder may pass over, and that are about pixels or their presentation. */
const pngChunks = new Set(
  'tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs acTL fcTL fdAT'.split(' '),
);

/** PNG (third edition, 5): the chunks that every decoder needs, and those above. */
function stripPng(bytes: Buffer): Buffer {
  const copy = createCopy(bytes);
  let isTurned = false;
  copy.keep(0, 8);
  for (let start = 8, end: number; start + 12 <= bytes.length; start = end) {
    const type = bytes.toString('latin1', start + 4, start + 8);
    end = start + 12 + bytes.readUInt32BE(start);
    if (end > bytes.length) break;
    if (/^[A-Z]/.test(type) || pngChunks.has(type)) copy.keep(start, end);
    if (type === 'IEND') break;
    if (type !== 'eXIf' || isTurned) continue;
    const turned = orientationOnly(bytes.subarray(start + 8, end - 4));
    if (turned === undefined) continue;
    isTurned = true;
    copy.insert(pngChunk('eXIf', turned));
  }
  return copy.made();
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

const webpChunks = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
/** In the flags of VP8X: there is Exif, there is XMP. */
const [webpExif, webpXmp] = [0x08, 0x04];

/** WebP (RFC 9649, 2): pictures and colours; what the file says of its length and its parts is put right. */
function stripWebp(bytes: Buffer): Buffer | undefined {
  const copy = createCopy(bytes);
  const fileEnd = bytes.length < 12 ? Infinity : 8 + bytes.readUInt32LE(4);
  // Its length is put right below, and nobody else would see then that it was cut off.
  if (fileEnd > bytes.length) return undefined;
  let turned: Buffer | undefined;
  copy.keep(0, 12);
  for (let start = 12, end: number; start + 8 <= fileEnd; start = end) {
    const type = bytes.toString('latin1', start, start + 4);
    const dataEnd = start + 8 + bytes.readUInt32LE(start + 4);
    if (dataEnd > fileEnd) return undefined;
    // The last chunk of some files lacks the byte that makes its length even.
    end = Math.min(dataEnd + (dataEnd % 2), bytes.length);
    if (webpChunks.has(type)) copy.keep(start, end);
    if (type !== 'EXIF') continue;
    const data = bytes.subarray(start + 8, dataEnd);
    // Some programs put the mark of JPEG before it.
    const hasMark = data.toString('latin1', 0, exifMark.length) === exifMark;
    turned ??= orientationOnly(hasMark ? data.subarray(exifMark.length) : data);
  }
  if (turned !== undefined) {
    const head = Buffer.from('EXIF\0\0\0\0', 'latin1');
    head.writeUInt32LE(turned.length, 4);
    copy.insert(Buffer.concat([head, turned]));
  }
  const made = copy.made();
  made.writeUInt32LE(made.length - 8, 4);
  if (made.toString('latin1', 12, 16) === 'VP8X' && made.length > 20) {
    const others = (made[20] ?? 0) & ~(webpExif | webpXmp);
    made[20] = others | (turned === undefined ? 0 : webpExif);
  }
  return made;
}

/** The extensions of applications that are about pixels: how often a film is repeated, and its colours. */
const gifApplications = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0', 'ICCRGBG1012']);

/** GIF (version 89a): pictures, their timing and those extensions; no comments, no text, no other extension. */
function stripGif(bytes: Buffer): Buffer {
  const copy = createCopy(bytes);
  const tableBytes = (flagsAt: number) => {
    const flags = bytes[flagsAt] ?? 0;
    return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0;
  };
  const firstBlock = 13 + tableBytes(10);
  copy.keep(0, firstBlock);
  for (let start = firstBlock, end: number; start < bytes.length; start = end) {
    const [introducer, label] = [bytes[start], bytes[start + 1]];
    if (introducer === 0x2c) {
      end = endOfSubBlocks(bytes, start + 10 + tableBytes(start + 9) + 1);
      copy.keep(start, end);
    } else if (introducer === 0x21) {
      end = endOfSubBlocks(bytes, start + 2);
      const application = label === 0xff ? bytes.toString('latin1', start + 3, start + 14) : '';
      if (label === 0xf9 || gifApplications.has(application)) copy.keep(start, end);
    } else if (introducer === 0) {
      // Some programs end a block twice.
      end = start + 1;
    } else {
      if (introducer === 0x3b) copy.keep(start, start + 1);
      break;
    }
  }
  return copy.made();
}

function endOfSubBlocks(bytes: Buffer, from: number): number {
  let at = from;
  for (let size = bytes[at]; size !== undefined && size > 0; size = bytes[at]) at += 1 + size;
  return Math.min(at + 1, bytes.length);
}

const orientationTag = 0x0112;
const shortType = 3;

/**
 * Of an Exif block (TIFF 6.0, section 2; Exif 2.32, 4.6.4) a new one that says how the picture is turned or mirrored, and nothing
 * else; undefined when it is not, or when the block cannot be read.
 */
function orientationOnly(tiff: Buffer): Buffer | undefined {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (short(2) !== 42 || directory + 2 > tiff.length) return undefined;
  const end = Math.min(directory + 2 + 12 * short(directory), tiff.length);
  for (let entry = directory + 2; entry + 12 <= end; entry += 12) {
    if (short(entry) !== orientationTag) continue;
    const orientation = short(entry + 2) === shortType ? short(entry + 8) : 1;
    if (orientation < 2 || orientation > 8) return undefined;
    const only = Buffer.from(
      '4d4d002a00000008' + '0001' + '0112000300000001' + '00000000' + '00000000',
      'hex',
    );
    only.writeUInt16BE(orientation, 18);
    return only;
  }
  return undefined;
}
