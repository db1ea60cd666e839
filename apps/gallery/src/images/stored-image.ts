import { imageTypes, endingOf } from './image-type.ts';
import type { ImageType } from './image-type.ts';

/** What is known of an image, and kept beside it. */
export type StoredImage = {
  /** The SHA-256 of its bytes, in hexadecimal digits. */
  readonly id: string;
  readonly type: ImageType;
  readonly bytes: number;
  /** In pixels, as it is shown: turned as its orientation says. */
  readonly width: number;
  readonly height: number;
  /** From the name of the uploaded file; empty when it had none. */
  readonly name: string;
  /** ISO 8601, in UTC. */
  readonly addedAt: string;
  readonly thumbnail: { readonly bytes: number; readonly width: number; readonly height: number };
};

/** Whether a text can be the id of an image. */
export function isImageId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The image that a text of JSON describes; undefined when it describes none. */
export function storedImageFrom(json: string): StoredImage | undefined {
  const value = recordFrom(json);
  const thumbnail = recordOf(value?.thumbnail);
  if (value === undefined || thumbnail === undefined) return undefined;
  const { id, type, name, addedAt } = value;
  const known = imageTypes.find((each) => each === type);
  if (known === undefined || typeof id !== 'string' || !isImageId(id)) return undefined;
  if (typeof name !== 'string' || typeof addedAt !== 'string' || Number.isNaN(Date.parse(addedAt)))
    return undefined;
  const [bytes, width, height] = [value.bytes, value.width, value.height].map(countOf);
  const [small, smallWidth, smallHeight] = ['bytes', 'width', 'height'].map((key) => countOf(thumbnail[key]));
  if (bytes === undefined || width === undefined || height === undefined) return undefined;
  if (small === undefined || smallWidth === undefined || smallHeight === undefined) return undefined;
  return {
    ...{ id, type: known, bytes, width, height, name, addedAt },
    thumbnail: { bytes: small, width: smallWidth, height: smallHeight },
  };
}

function recordFrom(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return recordOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

const longestName = 100;

/**
 * The name under which an image is shown: that of the uploaded file without folders, ending, and characters that cannot be
 * seen; empty when nothing is left. Names are shown and offered for saving, and never used as paths.
 */
export function imageNameFrom(fileName: string): string {
  const [last = ''] = fileName.split(/[/\\]/).slice(-1);
  const visible = last
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\ufffd]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const stem = visible.replace(/\.[A-Za-z0-9]{1,8}$/, '').replace(/^\.+/, '');
  return Array.from(stem).slice(0, longestName).join('').trim();
}

/** The Content-Disposition of an image, with a name to save it under (RFC 6266; the second form by RFC 8187). */
export function dispositionOf(image: {
  readonly id: string;
  readonly type: ImageType;
  readonly name: string;
}): string {
  const name = `${image.name === '' ? image.id.slice(0, 12) : image.name}.${endingOf[image.type]}`;
  const plain = name.replaceAll(/[^A-Za-z0-9 ._()-]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
