import { expect, it } from 'vitest';
import { imageTypeOf } from './image-type.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

it.each([
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['RIFF\0\0\0\0WEBPVP8 ', 'image/webp'],
  ['RIFF\0\0\0\0WEBPVP8L', 'image/webp'],
  ['\0\0\0\x10ftypavif\0\0\0\0', 'image/avif'],
  ['\0\0\0\x18ftypmif1\0\0\0\0miafavif', 'image/avif'],
])('knows %j', (start, type) => {
  expect(imageTypeOf(bytes(start))).toBe(type);
});

it.each([
  '',
  'G',
  'GIF88a',
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '<!doctype html>',
  'RIFF\0\0\0\0WAVEfmt ',
  'BM\0\0',
  '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
  '\0\0\0\x10ftypmp42\0\0\0\0avif',
  '\0\0\0\x14ftypmif1avifmiaf',
])('refuses %j', (start) => {
  expect(imageTypeOf(bytes(start))).toBeUndefined();
});
