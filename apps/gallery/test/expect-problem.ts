import { expect } from 'vitest';
import type { Reply } from './send.ts';

/** Fails the test unless a reply is a problem of this status, whose detail is like this. */
export function expectProblem(reply: Reply | undefined, status: number, detail: RegExp): void {
  expect([reply?.status, reply?.headers['content-type'], reply?.json]).toEqual([
    status,
    'application/problem+json',
    expect.objectContaining({
      type: 'about:blank',
      status,
      detail: expect.stringMatching(detail) as unknown,
    }),
  ]);
}
