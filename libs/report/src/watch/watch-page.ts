import { createHash } from 'node:crypto';
import { watchScript } from './watch-script.ts';

const style = `
:root{color-scheme:light dark}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:Canvas;color:CanvasText;font:13px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{position:relative;flex:1;min-height:0}
iframe{position:absolute;inset:0;width:100%;height:100%;border:0}
iframe.next{visibility:hidden}
p{margin:0;padding:6px 24px;border-top:1px solid GrayText}
@media print{html,body{height:auto}main{height:100vh}p{display:none}}
`;
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Of the page with the frame: its own script and style, the report in the frame, and the events. */
export const watchPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(watchScript)}`,
  `style-src ${hashOf(style)}`,
  "frame-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The page that shows a growing report: the report stands in a frame, byte for byte as it was made and under its own policy,
 * and is exchanged when there is a new one.
 * @param version of the report that the frame shows at first: letters, digits and "-".
 */
export function watchPage(version: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tare: report of a run under way</title>
<style>${style}</style>
</head>
<body data-version="${version}">
<main><iframe src="/report" title="Report"></iframe></main>
<p role="status">This page shows the run as it was when the page was opened.</p>
<script>${watchScript}</script>
</body>
</html>
`;
}
