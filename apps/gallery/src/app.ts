import { Hono } from 'hono';
import { METHOD_NAME_ALL } from 'hono/router';
import { checkHost } from './http/who-may-ask.ts';
import { lingering } from './http/replies.ts';
import { errorPage } from './pages.ts';
import { problemResponse, refusalOf } from './refusal.ts';
import { apiRoutes } from './routes/api-routes.ts';
import { fileRoutes } from './routes/file-routes.ts';
import type { GalleryParts, NodeRequest } from './routes/gallery-parts.ts';
import { pageRoutes } from './routes/page-routes.ts';
import { shown } from './text.ts';

/** What pages may do: show and send what is of this service, and no more. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const protections = {
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

/** The service: pages, files and API, over these parts. */
export function createApp(parts: GalleryParts): Hono<NodeRequest> {
  const app = new Hono<NodeRequest>();
  app.use(async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(protections)) headers.set(name, value);
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', pagePolicy);
  });
  app.use(async (context, next) => {
    await next();
    context.res = await lingering(context.res, context.env.incoming, parts.limits.bodyTimeoutMs);
  });
  app.use(async ({ env }, next) => {
    checkHost(env.incoming, parts.allowedHosts);
    await next();
  });
  for (const routes of [pageRoutes(parts), fileRoutes(parts), apiRoutes(parts)]) app.route('/', routes);

  for (const [path, allow] of allowedMethods(app)) {
    app.all(path, ({ req }) =>
      problemResponse(405, `${path} is there for ${allow.join(' and ')}, not for ${req.method}`, {
        allow: allow.join(', '),
      }),
    );
  }
  app.notFound((context) => {
    if (context.req.header('accept')?.includes('text/html')) {
      return context.html(errorPage(404, 'There is nothing at this address.'), 404);
    }
    return problemResponse(
      404,
      `no such path: ${shown(context.req.path)}; GET /openapi.json lists what there is`,
    );
  });
  app.onError((error) => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return problemResponse(refusal.status, refusal.message, refusal.headers);
    parts.log(`${error.stack ?? error.message}\n`);
    return problemResponse(500, 'the request could not be answered; the log of the service says why');
  });
  return app;
}

function allowedMethods(app: Hono<NodeRequest>): ReadonlyMap<string, readonly string[]> {
  const allowed = new Map<string, readonly string[]>();
  for (const { path, method } of app.routes) {
    if (method === METHOD_NAME_ALL) continue;
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
    allowed.set(path, [...(allowed.get(path) ?? []), ...methods]);
  }
  return allowed;
}
