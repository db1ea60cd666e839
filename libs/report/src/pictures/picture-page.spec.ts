import { expect, test } from 'vitest';
import { picturePage } from './picture-page.ts';

test('a page has the size of its SVG', () => {
  const svg = '<svg xmlns="x" width="760" height="411.5" viewBox="0 0 1 1"></svg>';
  const page = picturePage({ fileName: 'a.png', svg, scale: 1 });
  expect(page).toMatchObject({ fileName: 'a.png', widthPx: 760, heightPx: 411.5, scale: 1 });
  expect(page.html).toContain(svg);
});

test('an SVG without a size is an error that names the picture', () => {
  expect(() => picturePage({ fileName: 'a.png', svg: '<svg viewBox="0 0 1 1"></svg>' })).toThrow(
    'a.png: expected an SVG with a width and a height in pixels.',
  );
});
