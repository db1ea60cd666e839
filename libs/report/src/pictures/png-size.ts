/** Width and height of a PNG in pixels, for tests (PNG specification, 11.2.1). */
export function pngSize(png: Uint8Array): readonly [number, number] {
  const view = Buffer.from(png);
  return [view.readUInt32BE(16), view.readUInt32BE(20)];
}
