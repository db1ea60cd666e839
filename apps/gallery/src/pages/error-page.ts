import { html } from 'hono/html';
import { layout } from './layout.ts';
import type { Html } from './layout.ts';

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
