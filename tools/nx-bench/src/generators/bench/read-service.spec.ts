import { expect, it } from 'vitest';
import { readDockerfile, readService, type Service } from './read-service.ts';

function read(files: Readonly<Record<string, string>>) {
  const { get, health, port, imagePort } = readService({
    paths: Object.keys(files),
    read: (path) => files[path],
  });
  return Object.fromEntries(
    Object.entries({ get, health, port, imagePort }).filter(([, value]) => value !== undefined),
  );
}

it.each<[string, Readonly<Record<string, string>>, object]>([
  [
    'Express',
    {
      'src/main.ts': `
        const port = process.env.PORT ? Number(process.env.PORT) : 3000;
        axios.get('/elsewhere');
        app.get('/', home); app.get('/products/:id', one); app.get("/products", all); app.get('/healthz', ok);`,
      'src/main.spec.ts': `app.get('/of-a-test')`,
    },
    { get: '/products', health: '/healthz' },
  ],
  [
    'Express with a fixed port',
    { 'server.js': `app.get('/', home);\napp.listen(8081)` },
    { get: '/', port: 8081 },
  ],
  [
    'Fastify',
    {
      'src/app/routes/root.ts': `fastify.get('/', async () => ({}))`,
      'src/list.ts': `fastify.route({ method: 'GET', url: '/list', handler })`,
      'src/main.ts': `server.listen({ port: Number(process.env['PORT'] ?? 3000), host })`,
    },
    { get: '/list' },
  ],
  [
    'Nest with a prefix',
    {
      'src/app/app.controller.ts': `@Controller()\nexport class A { @Get() hello() {} }`,
      'src/app/products.controller.ts': `@Controller('products') export class P { @Get(':id') one() {} @Get('top') top() {} }`,
      'src/main.ts': `const globalPrefix = 'api';\napp.setGlobalPrefix(globalPrefix);\nawait app.listen(process.env.PORT || 3000);`,
    },
    { get: '/api' },
  ],
  [
    'Next',
    {
      'next.config.js': '',
      'app/page.tsx': '',
      'app/(shop)/products/page.tsx': '',
      'app/[id]/page.tsx': '',
      'app/api/health/route.ts': '',
    },
    { get: '/products', health: '/api/health' },
  ],
  [
    'Flask with a Dockerfile',
    {
      'app.py': `@app.route("/primecount")\ndef primecount(): pass`,
      Dockerfile: `FROM python\nEXPOSE 8000\nHEALTHCHECK CMD curl -f http://localhost:8000/up || exit 1`,
    },
    { get: '/primecount', health: '/up', imagePort: 8000 },
  ],
  [
    'Go',
    { 'main.go': `http.HandleFunc("/sum", sum)\nhttp.ListenAndServe(":9000", nil)` },
    { get: '/sum', port: 9000 },
  ],
  ['nothing', { 'readme.md': '' }, {}],
])('reads what %s says', (_, files, expected) => {
  expect(read(files)).toEqual(expected);
});

it('says what it found and where', () => {
  const { getFound, found } = of(`app.get('/a'); app.get('/ready'); app.listen(3000);`);
  expect(getFound).toBe('GET /a: main.ts');
  expect(found).toEqual(['ready when /ready answers: main.ts', 'port 3000, PORT is not read: main.ts']);
  expect(of(`app.get('/a/:id'); app.get('/ready')`).getFound).toBe(
    'GET /ready: /a/:id has a parameter (main.ts); bench.config.ts is where to write what is asked for',
  );
  expect(of('').getFound).toBe('GET /: no other route was found');

  function of(text: string): Service {
    return readService({ paths: ['main.ts'], read: () => text });
  }
});

it('reads the last stage of a Dockerfile, lines that go on included', () => {
  const text = `FROM node AS build\nEXPOSE 1\nFROM debian\n# EXPOSE 2\nexpose 3000/tcp
HEALTHCHECK --interval=5s \\\n  CMD ["wget", "-qO-", "http://127.0.0.1:3000/live"]`;
  expect(readDockerfile(text)).toEqual({ port: 3000, health: '/live' });
});
