import { createHash } from 'node:crypto';

/** What a reply must contain according to the workload; empty if any reply will do. */
export type ReplyMatcher = {
  readonly status?: number | undefined;
  /** Members that the JSON body must have with just these values; others may stand beside them. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>> | undefined;
  /** The text of the body. */
  readonly matches?: RegExp | undefined;
};

/** What the replies to a request are compared with. */
export type ReplyExpectation =
  | ({ readonly kind: 'matcher' } & ReplyMatcher)
  /** The reply of the environment that it was learnt from, which gave it twice. */
  | {
      readonly kind: 'same';
      readonly from: string;
      readonly status: number;
      readonly bytes: number;
      readonly sha256: string;
      readonly head: string;
    }
  /** Replies that differ from each other, so that only their kind can be compared. */
  | {
      readonly kind: 'alike';
      readonly from: string;
      readonly statuses: readonly number[];
      readonly mediaType: string;
      readonly isEmpty: boolean;
      readonly head: string;
    };

/** A reply that was read to its end. */
export type Reply = {
  readonly status: number;
  /** As sent, with parameters; empty without one. */
  readonly contentType: string;
  /** Length of the body. */
  readonly bytes: number;
  /** The body in pieces; only the first piece unless all of it was asked for. */
  readonly body: readonly Uint8Array[];
  readonly isWhole: boolean;
};

const shownBytes = 120;

/**
 * What to expect of every reply to a request, from two that a sound instance gave: the very same, if they are the same, or
 * one of their kind.
 * @param from name of the environment that they are of.
 * @param isTelling whether two replies tell of the others: not where every send has a body of its own.
 */
export function learnReply(one: Reply, other: Reply, from: string, isTelling: boolean): ReplyExpectation {
  const { status, bytes } = one;
  const [sha256, otherSha256] = [digest(one), digest(other)];
  if (isTelling && status === other.status && sha256 === otherSha256)
    return { kind: 'same', from, status, bytes, sha256, head: headOf(one) };
  return {
    kind: 'alike',
    from,
    statuses: [...new Set([status, other.status])],
    mediaType: mediaTypeOf(one),
    isEmpty: bytes === 0 || other.bytes === 0,
    head: headOf(one),
  };
}

/** @returns what is wrong with a reply, with what was expected, in one line; undefined when nothing is. */
export function wrongReply(expected: ReplyExpectation, reply: Reply): string | undefined {
  switch (expected.kind) {
    case 'matcher': {
      const wrong = missing(expected, reply);
      return wrong === undefined ? undefined : `${wrong}; got ${described(reply)}`;
    }
    case 'same':
      if (isSameAtAGlance(expected, reply) && digest(reply) === expected.sha256) return undefined;
      return `expected ${expected.status}, ${expected.bytes} bytes, as from ${expected.from}: ${expected.head}; got ${described(reply)}`;
    case 'alike': {
      const { statuses, mediaType, isEmpty, from, head } = expected;
      const isAlike =
        statuses.includes(reply.status) && (isEmpty || (reply.bytes > 0 && mediaTypeOf(reply) === mediaType));
      if (isAlike) return undefined;
      return `expected ${statuses.join(' or ')}, ${printed(mediaType) || 'no content type'}, like from ${from}: ${head}; got ${described(reply)}`;
    }
  }
}

/** Whether a reply may be the expected one, without a look at its body. */
function isSameAtAGlance({ status, bytes }: { status: number; bytes: number }, reply: Reply): boolean {
  return reply.status === status && reply.bytes === bytes;
}

function missing({ status, json, matches }: ReplyMatcher, reply: Reply): string | undefined {
  if (status !== undefined && reply.status !== status) return `status ${reply.status}, expected ${status}`;
  if (json === undefined && matches === undefined) return undefined;
  const text = Buffer.concat(reply.body).toString();
  if (matches !== undefined && text.search(matches) === -1)
    return `expected a body that matches ${String(matches)}`;
  if (json === undefined) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return `the reply is not JSON: ${printed(text)}`;
  }
  for (const [member, expected] of Object.entries(json)) {
    const found: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, member) : undefined;
    if (found !== expected)
      return `${member} is ${printed(JSON.stringify(found) ?? 'undefined')}, expected ${JSON.stringify(expected)}`;
  }
  return undefined;
}

function described(reply: Reply): string {
  const type = mediaTypeOf(reply);
  return `${reply.status}, ${reply.bytes} bytes${type && ` of ${printed(type)}`}: ${headOf(reply)}`;
}

/** The start of a body in one line. */
function headOf({ body }: Reply): string {
  return printed(Buffer.concat(body).subarray(0, shownBytes).toString()) || '(empty)';
}

/** The start of a text in one line: as it is, with everything that is not printed escaped. */
function printed(text: string): string {
  return JSON.stringify(text.slice(0, shownBytes))
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll(/[^\x20-\x7e\xa0-\u200d\u2010-\u2027\u2030-\u2065\u206a-\uffff]/g, '·');
}

function mediaTypeOf({ contentType }: Reply): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function digest({ body }: Reply): string {
  const hash = createHash('sha256');
  for (const piece of body) hash.update(piece);
  return hash.digest('hex');
}

// checking takes no more than this share of the time, so that the load is less by under 1 % even where the generator is
// what limits it (bench/reply-check.bench.ts)
const shareOfTime = 0.003;
const firstReplies = 3;

/** Looks at replies under load: at the status and length of each, and at the bodies of as many as cost next to nothing. */
type ReplyChecker = {
  /** Whether the body of the next reply to a request shall be kept. */
  readonly wantsBody: (place: number) => boolean;
  /** @returns what is wrong with a 2xx reply; undefined when nothing is, or it was not checked. */
  readonly check: (place: number, reply: Reply) => string | undefined;
};

/** @param expectations of the requests of a mix, by their place in it. */
export function replyChecker(
  expectations: readonly (ReplyExpectation | undefined)[],
  now: () => number = () => performance.now(),
): ReplyChecker {
  const startedAtMs = now();
  const checked = expectations.map(() => 0);
  let spentMs = 0;
  return {
    wantsBody: (place) =>
      expectations[place] !== undefined &&
      ((checked[place] ?? 0) < firstReplies || spentMs < (now() - startedAtMs) * shareOfTime),
    check: (place, reply) => {
      const expected = expectations[place];
      if (expected === undefined) return undefined;
      if (!reply.isWhole) {
        return expected.kind === 'same' && !isSameAtAGlance(expected, reply)
          ? wrongReply(expected, reply)
          : undefined;
      }
      const beganAtMs = now();
      const wrong = wrongReply(expected, reply);
      checked[place] = (checked[place] ?? 0) + 1;
      spentMs += now() - beganAtMs;
      return wrong;
    },
  };
}
