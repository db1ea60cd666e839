import type { StoredImage } from '../images/stored-image.ts';

/** How many images a page of the gallery has. */
export const imagesPerPage = 24;

export type ListingPage = {
  readonly images: readonly StoredImage[];
  /** Counted from 1. */
  readonly page: number;
  /** At least 1: an empty gallery has one empty page. */
  readonly pages: number;
  readonly total: number;
};

/** The images, newest first; what was added in the same millisecond is in the order of the ids. */
export type Listing = {
  get(id: string): StoredImage | undefined;
  /** A page, counted from 1; undefined when there is none of that number. */
  page(page: number): ListingPage | undefined;
  /** The images beside one: the next newer and the next older. */
  beside(id: string): { readonly newer: StoredImage | undefined; readonly older: StoredImage | undefined };
};

type GrowingListing = Listing & {
  /** Adds an image, unless it is listed. */
  add(image: StoredImage): void;
  remove(id: string): void;
};

/** A listing of these images, kept in memory. */
export function createListing(images: readonly StoredImage[]): GrowingListing {
  const byId = new Map(images.map((image) => [image.id, image]));
  const sorted = Array.from(byId.values()).sort(newestFirst);
  const placeOf = (image: StoredImage) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = sorted[middle];
      if (there !== undefined && newestFirst(there, image) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    get: (id) => byId.get(id),
    page(page) {
      const pages = Math.max(1, Math.ceil(sorted.length / imagesPerPage));
      if (page < 1 || page > pages) return undefined;
      const first = (page - 1) * imagesPerPage;
      return { images: sorted.slice(first, first + imagesPerPage), page, pages, total: sorted.length };
    },
    beside(id) {
      const image = byId.get(id);
      if (image === undefined) return { newer: undefined, older: undefined };
      const place = placeOf(image);
      return { newer: sorted[place - 1], older: sorted[place + 1] };
    },
    add(image) {
      if (byId.has(image.id)) return;
      byId.set(image.id, image);
      sorted.splice(placeOf(image), 0, image);
    },
    remove(id) {
      const image = byId.get(id);
      if (image === undefined) return;
      sorted.splice(placeOf(image), 1);
      byId.delete(id);
    },
  };
}

function newestFirst(one: StoredImage, other: StoredImage): number {
  if (one.addedAt !== other.addedAt) return one.addedAt > other.addedAt ? -1 : 1;
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}
