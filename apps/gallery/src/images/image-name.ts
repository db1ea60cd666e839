import { endingOf } from './image-type.ts';
import type { ImageType } from './image-type.ts';

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
