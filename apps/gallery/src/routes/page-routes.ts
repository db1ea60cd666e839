import { Hono } from 'hono';
import type { Context } from 'hono';
import { errorPage, gridPage, viewPage } from '../pages.ts';
import type { Message } from '../pages.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { wholeNumber } from '../text.ts';
import type { GalleryParts, NodeRequest } from './gallery-parts.ts';
import { addForm, isForm } from '../upload/add-image.ts';
import { checkOrigin } from '../http/who-may-ask.ts';

/** The pages, and the forms on them; all of it works without JavaScript. */
export function pageRoutes(parts: GalleryParts): Hono<NodeRequest> {
  const { store, limits } = parts;
  const pages = new Hono<NodeRequest>();
  pages.get('/', (context) => {
    const number = wholeNumber(context.req.query('page') ?? '1', 1_000_000_000);
    const page = number === undefined ? undefined : store.listing.page(number);
    if (page === undefined) return context.html(errorPage(404, 'The gallery has no such page.'), 404);
    return context.html(gridPage(page, limits, []));
  });
  pages.get('/view/:id', (context) => {
    const image = store.listing.get(context.req.param('id'));
    if (image === undefined)
      return context.html(errorPage(404, 'There is no such image. It may have been deleted.'), 404);
    return context.html(viewPage(image, store.listing.beside(image.id)));
  });
  pages.post('/upload', async (context) => {
    const { incoming } = context.env;
    const outcome = await orRefusal(async () => {
      if (!isForm(incoming)) throw new Refusal(400, 'expected a form with files');
      return addForm(context.env, parts);
    });
    if (outcome instanceof Refusal) return told(context, outcome, [{ name: '', text: outcome.message }]);
    const [first] = outcome.refused;
    if (first === undefined) return context.redirect('/', 303);
    const messages = outcome.refused.map(({ fileName, refusal }) => ({
      name: fileName,
      text: refusal.message,
    }));
    return told(context, first.refusal, messages);
  });
  pages.post('/delete/:id', async (context) => {
    const refusal = await orRefusal(async () => {
      checkOrigin(context.env.incoming);
      await store.remove(context.req.param('id'));
    });
    if (refusal instanceof Refusal)
      return context.html(errorPage(refusal.status, refusal.message), refusal.status);
    return context.redirect('/', 303);
  });

  const told = (
    context: Context<NodeRequest>,
    { status, headers }: Refusal,
    messages: readonly Message[],
  ) => {
    const page = store.listing.page(1);
    const text =
      page === undefined ? errorPage(status, messages[0]?.text ?? '') : gridPage(page, limits, messages);
    return context.html(text, status, { ...headers });
  };
  return pages;
}

async function orRefusal<Result>(work: () => Promise<Result>): Promise<Result | Refusal> {
  try {
    return await work();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return refusal;
    throw error;
  }
}
