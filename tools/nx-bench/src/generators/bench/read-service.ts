/** What is read of a project: the text of a file by its path from the project's root, and the paths that there are. */
type ProjectFiles = {
  readonly paths: readonly string[];
  readonly read: (path: string) => string | undefined;
};

/** What a service is asked and how it is reached, as far as its own files tell; `found` says from where, a line each. */
export type Service = {
  /** A path for the load. */
  readonly get: string | undefined;
  /** A path that says that it is ready. */
  readonly health: string | undefined;
  /** A fixed port, where it does not take PORT. */
  readonly port: number | undefined;
  /** The port that its image listens on. */
  readonly imagePort: number | undefined;
  readonly hasDockerfile: boolean;
  /** From where the path for the load is, a line. */
  readonly getFound: string;
  readonly found: readonly string[];
};

const sourceFile = /\.(?:[cm]?[jt]sx?|py|go|rs|rb|php|java|kt)$/;
const noSource =
  /(?:^|\/)(?:node_modules|dist|test|tests|e2e|__tests__)\/|\.(?:spec|test|e2e|config|d)\.[cm]?[jt]sx?$/;

/** Reads what a project's package.json, sources and Dockerfile say of the service that it is. */
export function readService(files: ProjectFiles): Service {
  const sources = files.paths
    .filter((path) => sourceFile.test(path) && !noSource.test(path))
    .map((path) => ({ path, text: files.read(path) ?? '' }));
  const dockerfile = files.read('Dockerfile');
  const image = dockerfile === undefined ? undefined : readDockerfile(dockerfile);
  const routes = [...sources.flatMap(routesOf), ...nextRoutes(files.paths)];
  const prefix = nestPrefix(sources);
  const all = routes.map(({ path, file, isNest }) => ({ file, path: isNest ? joined(prefix, path) : path }));
  // the value of a parameter cannot be guessed
  const hasParameter = ({ path }: Route): boolean => /[:*{}<>()[\]$]/.test(path);
  const paths = all.filter((route) => !hasParameter(route));
  const ready = paths.find(({ path }) => isHealth(path));
  const asked =
    paths.find(({ path }) => !isHealth(path) && path !== '/') ?? paths.find(({ path }) => !isHealth(path));
  const health = image?.health ?? ready?.path;
  const get = asked?.path ?? health;
  const port = fixedPort(sources, files.read('package.json'));
  const other = all.find(hasParameter);
  return {
    get,
    health: health === get ? undefined : health,
    port: port?.port,
    imagePort: image?.port,
    hasDockerfile: dockerfile !== undefined,
    getFound: `GET ${get ?? '/'}: ${
      asked?.file ??
      (other === undefined
        ? 'no other route was found'
        : `${other.path} has a parameter (${other.file}); bench.config.ts is where to write what is asked for`)
    }`,
    found: [
      ...(health === undefined
        ? []
        : [
            `ready when ${health} answers: ${image?.health === undefined ? (ready?.file ?? '') : 'Dockerfile'}`,
          ]),
      ...(port === undefined ? [] : [`port ${port.port}, PORT is not read: ${port.file}`]),
      ...(image?.port === undefined ? [] : [`port ${image.port} of its image: Dockerfile`]),
    ],
  };
}

type Source = { readonly path: string; readonly text: string };
type Route = { readonly path: string; readonly file: string; readonly isNest?: boolean };

function isHealth(path: string): boolean {
  return /(?:^|\/)(?:health|healthz|healthcheck|ready|readyz|readiness|live|livez|liveness|ping|status)$/i.test(
    path,
  );
}

// Express, Fastify, Hono, Koa; Flask and FastAPI; routes of Fastify as an object; Go
const routePatterns = [
  /\b(?:app|server|router|routes|fastify|instance|api|hono|express)\s*\.get\(\s*(["'`])(\/[^"'`\n]*)\1/g,
  /@\w+\.(?:get|route)\(\s*(["'])(\/[^"'\n]*)\1/g,
  /\bmethod:\s*(["'])GET\1[^}]*?\b(?:url|path):\s*["'](\/[^"'\n]*)["']/g,
  /\b(HandleFunc|Handle|GET|Get)\(\s*"(?:GET )?(\/[^"\n]*)"/g,
];

function routesOf({ path: file, text }: Source): readonly Route[] {
  const plain = routePatterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, 2: path = '/' }) => ({ index, path, file })),
  );
  return [...plain.toSorted((one, other) => one.index - other.index), ...nestRoutes({ path: file, text })];
}

/** `@Get('list')` in a `@Controller('products')`. */
function nestRoutes({ path: file, text }: Source): readonly Route[] {
  const controller = /@Controller\(\s*(?:(["'`])([^"'`]*)\1)?/.exec(text);
  if (controller === null) return [];
  return [...text.matchAll(/@Get\(\s*(?:(["'`])([^"'`]*)\1)?/g)].map(([, , path = '']) => ({
    path: joined(controller[2] ?? '', path),
    file,
    isNest: true,
  }));
}

/** The prefix of `setGlobalPrefix('api')`, or of the constant that stands there. */
function nestPrefix(sources: readonly Source[]): string {
  for (const { text } of sources) {
    const said = /\.setGlobalPrefix\(\s*(?:(["'`])([^"'`]*)\1|(\w+))/.exec(text);
    if (said === null) continue;
    const [, , literal, constant = ''] = said;
    return literal ?? new RegExp(`\\b${constant}\\s*=\\s*["'\`]([^"'\`]*)`).exec(text)?.[1] ?? '';
  }
  return '';
}

/** The pages and route handlers of Next without parameters. */
function nextRoutes(paths: readonly string[]): readonly Route[] {
  if (!paths.some((path) => /^next\.config\.[cm]?[jt]s$/.test(path))) return [];
  return paths.flatMap((file) => {
    const [, folder] = /^(?:src\/)?app\/(.*?)\/?(?:page|route)\.[jt]sx?$/.exec(file) ?? [];
    // folders in round brackets are no part of the path
    return folder === undefined ? [] : [{ path: `/${folder.replaceAll(/\([^)]*\)\/?/g, '')}`, file }];
  });
}

function joined(prefix: string, path: string): string {
  return `/${[prefix, path]
    .map((part) => part.replaceAll(/^\/+|\/+$/g, ''))
    .filter(Boolean)
    .join('/')}`;
}

/** The port of a service that nowhere reads PORT and names a number where it listens. */
function fixedPort(
  sources: readonly Source[],
  manifest: string | undefined,
): { readonly port: number; readonly file: string } | undefined {
  const all = [...sources, ...(manifest === undefined ? [] : [{ path: 'package.json', text: manifest }])];
  if (all.some(({ text }) => /\benv(?:iron)?\b[^\n]{0,20}\bPORT\b|\$\{?PORT\b|Getenv\("PORT"\)/.test(text)))
    return undefined;
  const patterns = [
    /\.listen\(\s*(?:\{\s*)?(?:port:\s*)?(\d{2,5})\b/,
    /\b(?:port|PORT)\b\s*(?:[:=]|\?\?|\|\|)\s*(?:Number\()?["']?(\d{2,5})\b/,
    /ListenAndServe\(\s*"[^":]*:(\d{2,5})"/,
    /--port[= ](\d{2,5})\b/,
  ];
  for (const { path, text } of all) {
    const port = patterns.map((pattern) => pattern.exec(text)?.[1]).find((each) => each !== undefined);
    if (port !== undefined) return { port: Number(port), file: path };
  }
  return undefined;
}

/** EXPOSE and HEALTHCHECK of the last stage. */
export function readDockerfile(text: string): {
  readonly port: number | undefined;
  readonly health: string | undefined;
} {
  const lines = text
    .replaceAll(/^[ \t]*#.*$/gm, '')
    .replaceAll(/\\\r?\n/g, ' ')
    .split('\n');
  const last = lines
    .slice(lines.findLastIndex((line) => /^\s*FROM\b/i.test(line)) + 1)
    .map((line) => line.trim());
  const of = (word: string): string | undefined =>
    last.findLast((line) => new RegExp(`^${word}\\b`, 'i').test(line));
  const port = /^EXPOSE\s+(\d+)/i.exec(of('EXPOSE') ?? '')?.[1];
  const health = /https?:\/\/[^/\s"'\\]+(\/[^\s"'\\|;)]*)/.exec(of('HEALTHCHECK') ?? '')?.[1];
  return { port: port === undefined ? undefined : Number(port), health };
}
