import type { StoredImage } from '../images/stored-image.ts';

/** What to call an image: its name, or its size when it has none. */
export function shownName({ name, width, height }: StoredImage): string {
  return name === '' ? `Untitled, ${width} × ${height}` : name;
}
