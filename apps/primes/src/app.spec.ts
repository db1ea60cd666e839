import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createPrimeCounter } from './prime-counter.ts';

const app = createApp(createPrimeCounter(), (text) => expect.fail(text));

async function problemOf(
  path: string,
  init?: RequestInit,
): Promise<{ response: Response; problem: unknown }> {
  const response = await app.request(path, init);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return { response, problem: await response.json() };
}

it('says that it is healthy', async () => {
  const response = await app.request('/health');
  expect([response.status, await response.text()]).toEqual([200, '{"status":"ok"}']);
});

it('says what there is', async () => {
  const response = await app.request('/');
  expect(await response.json()).toMatchObject({
    name: 'primes',
    routes: [
      { path: '/' },
      { path: '/health' },
      { path: '/primecount', takes: { n: expect.any(String) as unknown } },
    ],
  });
});

describe('/primecount', () => {
  it.each([
    ['?n=300000', 300_000, 25_997],
    ['', 300_000, 25_997],
    ['?n=0', 0, 0],
    ['?n=007', 7, 4],
    ['?n=100000000', 100_000_000, 5_761_455],
  ])('%j counts the primes up to %i', async (query, n, primes) => {
    const response = await app.request(`/primecount${query}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ n, primes, seconds: expect.any(Number) as unknown });
  });

  it('gives the same time in its header, in ms, as in its body, in s', async () => {
    const response = await app.request('/primecount?n=1000000');
    const header = /^sieve;dur=(\d+\.\d{3})$/.exec(response.headers.get('server-timing') ?? '');
    const body: unknown = await response.json();
    expect(Number(header?.[1])).toBeGreaterThan(0);
    expect(body).toMatchObject({ seconds: expect.closeTo(Number(header?.[1]) / 1000, 6) as unknown });
  });

  it.each([
    ['?n=', '""'],
    ['?n', '""'],
    ['?n=-1', '"-1"'],
    ['?n=1e3', '"1e3"'],
    ['?n=1.5', '"1.5"'],
    ['?n=%2B5', '"+5"'],
    ['?n=+5', '" 5"'],
    ['?n=5%20', '"5 "'],
    ['?n=%00', '"\\u0000"'],
    ['?n=0x10', '"0x10"'],
    ['?n=100000001', '"100000001"'],
    ['?n=%zz', '"%zz"'],
    [`?n=${'9'.repeat(400)}`, `"${'9'.repeat(40)}"… (400 characters)`],
  ])('%s is refused', async (query, value) => {
    const { response, problem } = await problemOf(`/primecount${query}`);
    expect(response.status).toBe(400);
    expect(problem).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: `query parameter n is ${value}; expected once, in decimal digits, 0 to 100000000`,
    });
  });

  it('refuses an n that is given twice', async () => {
    const { response, problem } = await problemOf('/primecount?n=5&n=5');
    expect(response.status).toBe(400);
    expect(problem).toMatchObject({ detail: expect.stringContaining('is given 2 times: "5, 5"') as unknown });
  });
});

it('answers an unknown path with a problem', async () => {
  const { response, problem } = await problemOf('/nothing');
  expect(response.status).toBe(404);
  expect(problem).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'no such path: "/nothing"; GET / lists what there is',
  });
});

it.each([
  ['POST', '/primecount'],
  ['DELETE', '/health'],
  ['OPTIONS', '/'],
])('answers %s %s with what is allowed', async (method, path) => {
  const { response, problem } = await problemOf(path, { method });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(problem).toMatchObject({ status: 405, title: 'Method Not Allowed' });
});

it('answers HEAD as GET, without a body', async () => {
  const response = await app.request('/health', { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
});

it('answers its own failure with a problem, and tells of the inside in its log only', async () => {
  const failing = (): never => {
    throw new Error('inside');
  };
  const logged: string[] = [];
  const response = await createApp(failing, (text) => logged.push(text)).request('/primecount');
  expect(response.status).toBe(500);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.text()).not.toContain('inside');
  expect(logged).toEqual([expect.stringMatching(/^Error: inside\n.*\n$/s)]);
});
