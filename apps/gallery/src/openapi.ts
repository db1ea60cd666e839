import { imageTypes } from './images/image-type.ts';
import { imagesPerPage } from './store/listing.ts';
import type { UploadLimits } from './settings.ts';

const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, name: string) => ({
  description,
  content: { 'application/json': { schema: schema(name) } },
});
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: schema('Problem') } },
});
const id = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The SHA-256 of the bytes of the image as they are stored.',
  schema: { type: 'string', pattern: '^[0-9a-f]{64}$' },
};
const count = { type: 'integer', minimum: 1 };
const object = (properties: Readonly<Record<string, unknown>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
const files = (description: string, types: readonly string[]) => ({
  description,
  content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string', format: 'binary' } }])),
});

const schemas = {
  Image: object({
    id: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    type: { type: 'string', enum: imageTypes },
    bytes: count,
    width: count,
    height: count,
    name: { type: 'string', description: 'From the name of the file; empty when it had none.' },
    addedAt: { type: 'string', format: 'date-time' },
    thumbnail: object({ bytes: count, width: count, height: count }),
    urls: object({ page: { type: 'string' }, original: { type: 'string' }, thumbnail: { type: 'string' } }),
  }),
  Page: object({
    images: { type: 'array', maxItems: imagesPerPage, items: schema('Image') },
    page: count,
    pages: count,
    total: { type: 'integer', minimum: 0 },
  }),
  Outcome: object({
    images: { type: 'array', items: schema('Image') },
    refused: {
      type: 'array',
      items: { allOf: [schema('Problem'), object({ fileName: { type: 'string' } })] },
    },
  }),
  Problem: object({
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
  }),
};

/** The description of the API, as OpenAPI 3.1 has it; the limits are those of this service. */
export function openApiDocument({ maxUploadBytes, maxFilesPerRequest }: UploadLimits) {
  const uploaded = (description: string) => ({
    description,
    content: { 'application/json': { schema: { anyOf: [schema('Image'), schema('Outcome')] } } },
  });
  return {
    openapi: '3.1.0',
    info: { title: 'Gallery', version: '0.1.0', description: 'Images: upload, list, show, delete.' },
    paths: {
      '/health': {
        get: {
          summary: 'Whether the service is up',
          responses: {
            200: {
              description: 'It is.',
              content: { 'application/json': { schema: object({ status: { const: 'ok' } }) } },
            },
          },
        },
      },
      '/api/images': {
        get: {
          summary: 'A page of images, newest first',
          parameters: [{ name: 'page', in: 'query', schema: { ...count, default: 1 } }],
          responses: {
            200: json('The page.', 'Page'),
            400: problem('The number of the page is none.'),
            404: problem('There is no such page.'),
          },
        },
        post: {
          summary: 'Add one image as the body, or several as a form',
          description: `At most ${maxUploadBytes} bytes an image and ${maxFilesPerRequest} images a form. A form is answered with an Outcome, a body with an Image.`,
          requestBody: {
            required: true,
            content: {
              ...files('', imageTypes).content,
              'multipart/form-data': {
                schema: object({ images: { type: 'array', items: { type: 'string', format: 'binary' } } }),
              },
            },
          },
          responses: {
            200: uploaded('All was there already.'),
            201: uploaded('At least one image is new.'),
            207: json('Some images of the form were refused.', 'Outcome'),
            400: problem('The body or the form is malformed, empty or cut off.'),
            403: problem('A page of another site sent it, or it names a host that is not served.'),
            408: problem('The body took too long to arrive.'),
            413: problem('An image is too large, or the form has too many.'),
            415: problem('It is not an image of a type that is taken.'),
            422: problem('It cannot be decoded, or has too many pixels.'),
            429: problem('Too many uploads at once; Retry-After says when to go on.'),
            503: problem('Too many images are waiting for their thumbnails; Retry-After says when to go on.'),
            507: problem('The gallery is full.'),
          },
        },
      },
      '/api/images/{id}': {
        parameters: [id],
        get: {
          summary: 'What is known of an image',
          responses: { 200: json('The image.', 'Image'), 404: problem('There is none.') },
        },
        delete: {
          summary: 'Delete an image',
          responses: {
            204: { description: 'It is deleted.' },
            403: problem('A page of another site sent it, or it names a host that is not served.'),
            404: problem('There is none.'),
          },
        },
      },
      '/images/{id}': {
        parameters: [id],
        get: {
          summary: 'The bytes of an image, as they are stored',
          responses: {
            200: files('The image.', imageTypes),
            206: files('The part that Range asks for.', imageTypes),
            304: { description: 'The client has it.' },
            404: problem('There is none.'),
            416: { description: 'The range lies outside.' },
          },
        },
      },
      '/thumbnails/{id}': {
        parameters: [id],
        get: {
          summary: 'A small version of an image',
          responses: {
            200: files('The thumbnail.', ['image/webp']),
            206: files('The part that Range asks for.', ['image/webp']),
            304: { description: 'The client has it.' },
            404: problem('There is none.'),
            416: { description: 'The range lies outside.' },
          },
        },
      },
    },
    components: { schemas },
  };
}
