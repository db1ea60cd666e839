import { createHash } from 'node:crypto';
import { markup, trusted } from '../page/markup.ts';
import { pageStyle } from '../page/page-style.ts';

const styleHash = createHash('sha256').update(pageStyle).digest('base64');
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** A page of HTML that says one thing in place of a report: that there is none yet, or why. Dressed as the report is. */
export function renderMessagePage({
  heading,
  message,
}: {
  readonly heading: string;
  readonly message: string;
}): string {
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Tare: ${heading}</title>
        <style>${trusted(pageStyle)}</style>
      </head>
      <body>
        <div class="page">
          <header><h1>${heading}</h1></header>
          <main id="main"><p>${message}</p></main>
        </div>
      </body>
    </html>
`.html;
}
