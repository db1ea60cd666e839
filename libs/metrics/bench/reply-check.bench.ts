import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { generateLoad, generateSlices, learnReply, type LoadSide } from '../src/index.ts';

/*
 * What the checks of replies cost: the throughput of one server with and without them, on the generator's worst case, a
 * server that answers at once. In interleaved slices (sent by undici) there are three sides: without, with, and without
 * again, which must come out the same. In whole windows (sent by autocannon) they take turns. With the argument `serve` this is the server.
 */
const connections = 8;
const sizes = [60, 100_000];
const generator = { cpus: undefined, deadlineMs: 120_000, signal: new AbortController().signal };
const common = { seed: 1, connections, timeoutSeconds: 5 };

if (process.argv.includes('serve')) serve();
else await measure();

function serve(): void {
  const server = createServer((request, response) => {
    const bytes = Number(request.url?.slice(1));
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': bytes });
    response.end('x'.repeat(bytes));
  });
  server.listen(0, '127.0.0.1', () => {
    // of a server that listens on a port, this is not text
    process.send?.((server.address() as AddressInfo).port);
  });
  process.on('disconnect', () => process.exit());
}

async function measure(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  const [port] = (await once(server, 'message')) as [number];
  const origin = `http://127.0.0.1:${port}`;
  for (const bytes of sizes) {
    const without: LoadSide = { origin, requests: [{ path: `/${bytes}` }] };
    const reply = {
      status: 200,
      contentType: 'text/plain',
      bytes,
      body: [Buffer.alloc(bytes, 'x')],
      isWhole: true,
    };
    const expected = learnReply(reply, reply, 'native', true);
    const checked: LoadSide = { origin, requests: [{ path: `/${bytes}`, expected }] };
    const sides = [without, checked, without];
    await compare(`${bytes} bytes, in slices`, 4, () => inSlices(sides));
    await compare(`${bytes} bytes, whole windows`, 40, () => inTurn(sides));
  }
  server.disconnect();
}

/** Of each side, the requests per millisecond of its slices. */
async function inSlices(sides: readonly LoadSide[]): Promise<readonly (readonly number[])[]> {
  const window = { kind: 'duration', durationMs: 8000, sliceMs: 25 } as const;
  const outcomes = await generateSlices({ ...common, sides, warmupMs: 1000, window }, generator);
  return outcomes.map(({ slices = [] }) => slices.map(({ requests, durationMs }) => requests / durationMs));
}

/** Of each side, the requests per millisecond of one window. */
async function inTurn(sides: readonly LoadSide[]): Promise<readonly (readonly number[])[]> {
  const rates: number[][] = [];
  for (const side of sides) {
    const window = { kind: 'duration', durationMs: 1000 } as const;
    const { throughputRps } = await generateLoad({ ...common, ...side, warmupMs: 500, window }, generator);
    rates.push([throughputRps / 1000]);
  }
  return rates;
}

/** Prints the medians of the ratios to the sides without checks. */
async function compare(
  what: string,
  launches: number,
  measureOnce: () => ReturnType<typeof inSlices>,
): Promise<void> {
  const withChecks: number[] = [];
  const again: number[] = [];
  for (let launch = 0; launch < launches; launch += 1) {
    const [first = [], second = [], third = []] = await measureOnce();
    first.forEach((before, place) => {
      const [checked, after] = [second[place], third[place]];
      if (checked === undefined || after === undefined) return;
      // the mean of its neighbours in time, so that a host that drifts evenly does not count
      withChecks.push(checked / Math.sqrt(before * after));
      again.push(after / before);
    });
  }
  process.stdout.write(
    `${what}: with checks ${interval(withChecks)}, without again ${interval(again)}, ${again.length} pairs\n`,
  );
}

/** The median with its 95 % interval by order statistics (normal approximation of the binomial). */
function interval(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((a, b) => a - b);
  const outer = Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2);
  const shown = [sorted[Math.floor(sorted.length / 2)], sorted[outer], sorted.at(-1 - outer)];
  const [middle, lower, upper] = shown.map((ratio) => (ratio ?? NaN).toFixed(4));
  return `× ${middle} [${lower}, ${upper}]`;
}
