/** The kinds of image that are taken: what only a browser can show safely, and shows everywhere. */
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;

export type ImageType = (typeof imageTypes)[number];

/** The ending that a file of each type is given. */
export const endingOf: Readonly<Record<ImageType, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
};

/** How many of its first bytes say what a file is; the list of brands of an AVIF is seldom longer. */
export const signatureBytes = 64;

/**
 * The type of an image by its first bytes (`signatureBytes` of them, or all that there are), never by name or header;
 * undefined when it is none of those that are taken. The signatures are those of the WHATWG MIME Sniffing Standard, 6.1,
 * and of AV1 Image File Format, 6.
 */
export function imageTypeOf(start: Uint8Array): ImageType | undefined {
  if (has(start, 0, '\xff\xd8\xff')) return 'image/jpeg';
  if (has(start, 0, '\x89PNG\r\n\x1a\n')) return 'image/png';
  if (has(start, 0, 'GIF87a') || has(start, 0, 'GIF89a')) return 'image/gif';
  if (has(start, 0, 'RIFF') && has(start, 8, 'WEBPVP8')) return 'image/webp';
  if (has(start, 4, 'ftyp') && brandsOf(start).some((brand) => brand === 'avif' || brand === 'avis')) {
    return 'image/avif';
  }
  return undefined;
}

function has(bytes: Uint8Array, offset: number, signature: string): boolean {
  return Array.from(signature).every((character, at) => bytes[offset + at] === character.charCodeAt(0));
}

/** The major brand and the compatible ones of a `ftyp` box (ISO/IEC 14496-12, 4.3); the word between is a version. */
function brandsOf(start: Uint8Array): readonly string[] {
  const boxBytes = new DataView(start.buffer, start.byteOffset, start.byteLength).getUint32(0);
  const end = Math.min(boxBytes, start.byteLength);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= end; at += 4) {
    if (at !== 12) brands.push(Buffer.from(start.subarray(at, at + 4)).toString('latin1'));
  }
  return brands;
}
