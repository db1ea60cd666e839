import { html } from 'hono/html';
import { byteSize } from '../byte-size.ts';
import { imageTypes } from '../images/image-type.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { UploadLimits } from '../settings.ts';
import type { ListingPage } from '../store/listing.ts';
import { layout } from './layout.ts';
import type { Html } from './layout.ts';
import { shownName } from './shown-name.ts';

/** Why a file was not taken; without a name it is about all of them. */
export type Message = { readonly name: string; readonly text: string };

/** The images of one page, with the form for more. */
export function gridPage(page: ListingPage, limits: UploadLimits, messages: readonly Message[]): Html {
  const title = page.page > 1 ? `Page ${page.page} · Gallery` : 'Gallery';
  return layout(
    title,
    html`<header class="bar">
        <h1><a class="brand" href="/">Gallery</a></h1>
        <p class="count" id="count">${page.total === 1 ? '1 image' : `${page.total} images`}</p>
      </header>
      <main>
        ${uploadForm(limits)}
        <ul class="uploads" id="uploads" aria-label="Uploads" hidden></ul>
        <p class="visually-hidden" id="announcement" role="status"></p>
        ${messages.length > 0 ? problems(messages) : ''}
        <section id="images" aria-label="Images">${images(page)}</section>
      </main>`,
  );
}

function uploadForm(limits: UploadLimits): Html {
  return html`<form
    class="upload"
    id="upload"
    method="post"
    action="/upload"
    enctype="multipart/form-data"
    data-max-bytes="${limits.maxUploadBytes}"
    data-max-size="${byteSize(limits.maxUploadBytes)}"
  >
    <div class="upload-text">
      <label for="files">Add images</label>
      <p id="files-help">
        <span class="drop-hint" hidden>Drop them anywhere on this page, or choose. </span>JPEG, PNG, WebP, GIF
        or AVIF, up to ${byteSize(limits.maxUploadBytes)} each.
      </p>
    </div>
    <div class="upload-controls">
      <input
        id="files"
        type="file"
        name="images"
        accept="${imageTypes.join(',')}"
        multiple
        required
        aria-describedby="files-help"
      />
      <button class="primary" type="submit">Upload</button>
    </div>
  </form>`;
}

function problems(messages: readonly Message[]): Html {
  return html`<div class="problems" role="alert">
    <p>${messages.length === 1 ? 'This was not added:' : 'These were not added:'}</p>
    <ul>
      ${messages.map(({ name, text }) => html`<li>${name === '' ? '' : html`<strong>${name}</strong>: `}${text}</li>`)}
    </ul>
  </div>`;
}

function images({ images, page, pages }: ListingPage): Html {
  if (images.length === 0) {
    return html`<div class="empty">
      <p class="empty-title">No images yet</p>
      <p>The first one you add will be shown here.</p>
    </div>`;
  }
  return html`<ul class="grid">
      ${images.map(tile)}
    </ul>
    ${pages > 1 ? pager(page, pages) : ''}`;
}

function tile(image: StoredImage): Html {
  const { id, thumbnail } = image;
  return html`<li>
    <a href="/view/${id}"
      ><img
        src="/thumbnails/${id}"
        alt="${shownName(image)}"
        width="${thumbnail.width}"
        height="${thumbnail.height}"
        loading="lazy"
    /></a>
  </li>`;
}

function pager(page: number, pages: number): Html {
  return html`<nav class="pager" aria-label="Pages">
    ${page > 1 ? html`<a class="button" rel="prev" href="${page === 2 ? '/' : `/?page=${page - 1}`}">Newer</a>` : html`<span></span>`}
    <p>Page ${page} of ${pages}</p>
    ${page < pages ? html`<a class="button" rel="next" href="/?page=${page + 1}">Older</a>` : html`<span></span>`}
  </nav>`;
}
