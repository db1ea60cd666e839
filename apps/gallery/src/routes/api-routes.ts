import { Hono } from 'hono';
import type { Context } from 'hono';
import type { StoredImage } from '../images/stored-image.ts';
import { openApiDocument } from '../openapi.ts';
import { problemOf, problemResponse } from '../refusal.ts';
import { shown, wholeNumber } from '../text.ts';
import type { GalleryParts, NodeRequest } from './gallery-parts.ts';
import { addBody, addForm, isForm } from '../upload/add-image.ts';
import type { FormOutcome } from '../upload/add-image.ts';
import { checkOrigin } from '../http/who-may-ask.ts';

/** The JSON API: images, the health of the service, and the description of both. */
export function apiRoutes(parts: GalleryParts): Hono<NodeRequest> {
  const { store } = parts;
  const api = new Hono<NodeRequest>();
  api.get('/health', (context) => context.json({ status: 'ok' }));
  api.get('/openapi.json', (context) => context.json(openApiDocument(parts.limits)));

  api.get('/api/images', (context) => {
    const given = context.req.query('page') ?? '1';
    const page = wholeNumber(given, 1_000_000_000);
    if (page === undefined || page === 0) {
      return problemResponse(400, `query parameter page is ${shown(given)}; expected a whole number from 1`);
    }
    const listed = store.listing.page(page);
    if (listed === undefined) return problemResponse(404, `there is no page ${page} of the gallery`);
    return context.json({ ...listed, images: listed.images.map(described) });
  });
  api.post('/api/images', async (context) => {
    const { incoming } = context.env;
    if (isForm(incoming)) return formReply(context, await addForm(context.env, parts));
    const { added, image } = await addBody(context.env, parts);
    context.header('location', `/api/images/${image.id}`);
    return context.json(described(image), added ? 201 : 200);
  });
  api.get('/api/images/:id', (context) => {
    const image = store.listing.get(context.req.param('id'));
    return image === undefined ? noSuchImage(context.req.param('id')) : context.json(described(image));
  });
  api.delete('/api/images/:id', async (context) => {
    checkOrigin(context.env.incoming);
    const id = context.req.param('id');
    return (await store.remove(id)) ? context.body(null, 204) : noSuchImage(id);
  });
  return api;
}

/** The refusal of an id that no image has. */
export function noSuchImage(id: string): Response {
  return problemResponse(404, `there is no image ${shown(id)}`);
}

/** An image as the API shows it. */
function described({ id, type, bytes, width, height, name, addedAt, thumbnail }: StoredImage) {
  const urls = { page: `/view/${id}`, original: `/images/${id}`, thumbnail: `/thumbnails/${id}` };
  return { id, type, bytes, width, height, name, addedAt, thumbnail, urls };
}

/** 201 when something is new, 200 when all was there, 207 when only some was taken; a problem when nothing was. */
function formReply(context: Context<NodeRequest>, { images, refused }: FormOutcome): Response {
  const refusals = refused.map(({ fileName, refusal }) => ({
    fileName,
    ...problemOf(refusal.status, refusal.message),
  }));
  const [first] = refused;
  if (images.length === 0 && first !== undefined) {
    const { status, message, headers } = first.refusal;
    return problemResponse(status, message, headers, { refused: refusals });
  }
  const status = refused.length > 0 ? 207 : images.some(({ added }) => added) ? 201 : 200;
  return context.json({ images: images.map(({ image }) => described(image)), refused: refusals }, status);
}
