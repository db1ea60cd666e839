import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { byteSize } from './text.ts';
import { imageTypes, endingOf } from './images/image-type.ts';
import type { StoredImage } from './images/stored-image.ts';
import type { UploadLimits } from './settings.ts';
import type { ListingPage } from './store/listing.ts';

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

type Beside = { readonly newer: StoredImage | undefined; readonly older: StoredImage | undefined };

/** One image, with what is known of it, the way to its neighbours, and the means to delete it. */
export function viewPage(image: StoredImage, { newer, older }: Beside): Html {
  const { id, type, bytes, width, height, addedAt } = image;
  return layout(
    `${shownName(image)} · Gallery`,
    html`<header class="bar">
        <a class="brand" id="back" href="/">Gallery</a>
        <nav class="steps" aria-label="Images beside this one">
          ${step('prev', 'Newer', newer)} ${step('next', 'Older', older)}
        </nav>
      </header>
      <main class="view">
        <a class="stage" href="/images/${id}"
          ><img
            src="/images/${id}"
            alt="${shownName(image)} in full size"
            width="${width}"
            height="${height}"
        /></a>
        <div class="about">
          <h1>${shownName(image)}</h1>
          <dl>
            <div>
              <dt>Size</dt>
              <dd>${width} &times; ${height}</dd>
            </div>
            <div>
              <dt>File</dt>
              <dd>${endingOf[type].toUpperCase()}, ${byteSize(bytes)}</dd>
            </div>
            <div>
              <dt>Added</dt>
              <dd><time datetime="${addedAt}">${addedAt.slice(0, 16).replace('T', ' ')} UTC</time></dd>
            </div>
          </dl>
          <details class="delete">
            <summary class="button">Delete&hellip;</summary>
            <form method="post" action="/delete/${id}">
              <p>Delete this image? This cannot be undone.</p>
              <button class="danger" type="submit">Delete for good</button>
            </form>
          </details>
        </div>
      </main>`,
  );
}

function step(rel: 'prev' | 'next', text: string, image: StoredImage | undefined): Html {
  if (image === undefined) return html`<span class="button off" aria-hidden="true">${text}</span>`;
  return html`<a class="button" rel="${rel}" id="${rel}" href="/view/${image.id}">${text}</a>`;
}

/** A page that says what is wrong, and leads back. */
export function errorPage(status: number, text: string): Html {
  return layout(
    `${status} · Gallery`,
    html`<header class="bar"><a class="brand" href="/">Gallery</a></header>
      <main class="error">
        <h1>${status}</h1>
        <p>${text}</p>
        <p><a class="button" href="/">Back to the gallery</a></p>
      </main>`,
  );
}

/** What to call an image: its name, or its size when it has none. */
function shownName({ name, width, height }: StoredImage): string {
  return name === '' ? `Untitled, ${width} × ${height}` : name;
}

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A whole page with this title and content. */
export function layout(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" />
        <link rel="stylesheet" href="/app.css" />
        <script src="/app.js" defer></script>
      </head>
      <body>
        ${content}
      </body>
    </html>`;
}
