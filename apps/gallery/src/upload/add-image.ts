import { imageNameFrom } from '../images/image-name.ts';
import { imageTypeOf } from '../images/image-type.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { Refusal } from '../refusal.ts';
import { bytesOf } from '../store/image-store.ts';
import type { ImageStore } from '../store/image-store.ts';
import { dropStaged, storeFull } from '../store/stage-original.ts';
import type { StagedOriginal } from '../store/stage-original.ts';
import type { Thumbnailer } from '../thumbnails/thumbnailer.ts';

export type AddedImage = { readonly added: boolean; readonly image: StoredImage };

/**
 * Lists an upload that is on disk; `added` is false when the image was there already.
 *
 * @throws Refusal 415 when it is no image that is taken, 422 when it cannot be decoded, 507 when the store is full; the upload is
 * gone then.
 */
export async function addImage(
  staged: StagedOriginal,
  fileName: string,
  store: ImageStore,
  thumbnailer: Thumbnailer,
): Promise<AddedImage> {
  let reserved = 0;
  try {
    const type = imageTypeOf(staged.start);
    if (type === undefined) {
      throw new Refusal(415, 'this is not an image that is taken; expected JPEG, PNG, WebP, GIF or AVIF');
    }
    const present = store.listing.get(staged.id);
    if (present !== undefined) {
      await dropStaged(store, staged);
      return { added: false, image: present };
    }
    const { width, height, thumbnail } = await thumbnailer.thumbnail(staged.path, type);
    const image: StoredImage = {
      ...{ id: staged.id, type, bytes: staged.bytes, width, height },
      name: imageNameFrom(fileName),
      addedAt: new Date().toISOString(),
      thumbnail: { bytes: thumbnail.webp.length, width: thumbnail.width, height: thumbnail.height },
    };
    if (!store.budget.reserve(bytesOf(image) - staged.bytes)) throw storeFull();
    reserved = bytesOf(image) - staged.bytes;
    return await store.publish(staged.folder, image, thumbnail.webp);
  } catch (error) {
    store.budget.release(reserved);
    await dropStaged(store, staged);
    throw error;
  }
}
