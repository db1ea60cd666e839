import { html } from 'hono/html';
import { byteSize } from '../byte-size.ts';
import { endingOf } from '../images/image-type.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { layout } from './layout.ts';
import type { Html } from './layout.ts';
import { shownName } from './shown-name.ts';

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
