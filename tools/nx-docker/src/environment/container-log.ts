import { buffer } from 'node:stream/consumers';
import type { Engine } from '../engine/connect-engine.ts';

/** A line that an app wrote. */
export type LogLine = {
  /** Milliseconds since 1970 by the engine's clock, with fractions. */
  readonly atMs: number;
  readonly text: string;
};

/** The last lines that a container wrote to stdout and stderr. */
export async function containerLog(engine: Engine, name: string, lines: number): Promise<readonly LogLine[]> {
  const answer = await engine.open({
    method: 'GET',
    path: `/containers/${name}/logs`,
    query: { stdout: true, stderr: true, timestamps: true, tail: lines },
    signal: AbortSignal.timeout(5_000),
  });
  return demultiplex(await buffer(answer))
    .split('\n')
    .filter(Boolean)
    .map(parseLine);
}

/** Joins the frames of a log: 1 byte stream, 3 bytes nothing, 4 bytes length, then that many bytes (Engine API, "attach"). */
export function demultiplex(frames: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length;) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}

/** "2026-01-02T03:04:05.123456789Z listening on …" */
export function parseLine(line: string): LogLine {
  const [, second = '', fraction = '', text = line] = /^(\S+?)(\.\d+)?Z (.*)$/.exec(line) ?? [];
  return { atMs: Date.parse(`${second}Z`) + Number(fraction || '0') * 1000, text };
}
