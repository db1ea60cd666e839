import type { PicturePage } from './render-png.ts';

export type PictureOfSvg = {
  readonly fileName: string;
  readonly svg: string;
  readonly scale?: number;
};

/**
 * An SVG document as a page of its size. Its text is in the fonts that the SVG names.
 * @throws Error when its root element has no width and height in pixels.
 */
export function picturePage({ fileName, svg, scale }: PictureOfSvg): PicturePage {
  const root = /<svg [^>]*>/.exec(svg)?.[0] ?? '';
  const [widthPx, heightPx] = ['width', 'height'].map((side) =>
    Number(new RegExp(` ${side}="([\\d.]+)(?:px)?"`).exec(root)?.[1]),
  );
  if (widthPx === undefined || heightPx === undefined || !(widthPx > 0) || !(heightPx > 0)) {
    throw new Error(`${fileName}: expected an SVG with a width and a height in pixels.`);
  }
  return {
    fileName,
    widthPx,
    heightPx,
    ...(scale === undefined ? {} : { scale }),
    html: `<!doctype html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>html,body{margin:0;background:#fff}svg{display:block}</style></head><body>
${svg}
</body></html>`,
  };
}
