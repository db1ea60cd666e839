import { escapeXml } from '../plot/svg.ts';

/** Markup that is safe to put into a page as it is. */
export type Html = { readonly html: string };

type Part = string | number | Html | readonly Html[];

/**
 * Markup from a template: strings and numbers in it are escaped, `Html` and lists of it are put in as they are. It is
 * the only way in which text of a run file gets into the page.
 */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.reduce((all, text, place) => all + partText(parts[place - 1] ?? '') + text) };
}

/** Markup that was made elsewhere and is known to be safe: a drawing, a style sheet, a script of ours. */
export function trusted(text: string): Html {
  return { html: text };
}

export const nothing: Html = trusted('');

function partText(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeXml(part);
  return 'html' in part ? part.html : part.map((each) => each.html).join('');
}
