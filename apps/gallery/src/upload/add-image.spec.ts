import { afterEach, expect, it } from 'vitest';
import { pngImage } from '../../test/png-image.ts';
import { startGallery, uploadsFolder } from '../../test/running-gallery.ts';
import { formOf, idOf, send } from '../../test/send.ts';

const uploads = uploadsFolder();
afterEach(uploads.remove);

/** A PNG with a comment before its pixels. */
function commented(png: Buffer, comment: string): Buffer {
  const chunk = Buffer.from(`\0\0\0\0tEXtComment\0${comment}\0\0\0\0`, 'latin1');
  chunk.writeUInt32BE(chunk.length - 12, 0);
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

it('stores images without what they tell, known by what is left', async () => {
  const gallery = await startGallery(uploads.path);
  const png = pngImage(1);
  const headers = { 'content-type': 'image/png' };
  const api = new URL('/api/images', gallery.url);
  try {
    const added = await send(api, { method: 'POST', headers, body: commented(png, 'Anna, 52.5° N') });
    expect([added.status, added.json]).toEqual([
      201,
      expect.objectContaining({ id: idOf(png), bytes: png.length }),
    ]);
    expect((await send(new URL(`/images/${idOf(png)}`, gallery.url))).body.equals(png)).toBe(true);
    // The same picture with another comment is the same image, by itself and in a form.
    const again = await send(api, { method: 'POST', headers, body: commented(png, 'Berta') });
    expect([again.status, again.json]).toEqual([200, expect.objectContaining({ id: idOf(png) })]);
    const files = [png, pngImage(2)].map((image) => ({
      fileName: 'a.png',
      content: commented(image, 'Carl'),
    }));
    const form = await send(api, { method: 'POST', ...formOf(files) });
    expect([form.status, form.json]).toMatchObject([
      201,
      { images: [{ id: idOf(png) }, { id: idOf(pngImage(2)) }] },
    ]);
    expect(gallery.log()).toBe('');
  } finally {
    await gallery.stop('SIGKILL');
  }
});

it('stores them as they come with KEEP_METADATA=1', async () => {
  const gallery = await startGallery(uploads.path, { KEEP_METADATA: '1' });
  const png = pngImage(1);
  const longer = Buffer.concat([png, Buffer.from('behind the end')]);
  try {
    const body = { method: 'POST', body: longer };
    expect((await send(new URL('/api/images', gallery.url), body)).status).toBe(201);
    const stored = await send(new URL(`/images/${idOf(longer)}`, gallery.url));
    expect(stored.body.equals(longer)).toBe(true);
  } finally {
    await gallery.stop('SIGKILL');
  }
});
