import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostileText, spoilt, tries } from '../../../../properties.shared.ts';
import { learnReply, replyChecker, wrongReply, type Reply, type ReplyExpectation } from './reply-check.ts';

const reply = (text: string, given: Partial<Reply> = {}): Reply => ({
  status: 200,
  contentType: 'application/json; charset=utf-8',
  bytes: Buffer.byteLength(text),
  // in two pieces, as it may come
  body: [Buffer.from(text).subarray(0, 3), Buffer.from(text).subarray(3)],
  isWhole: true,
  ...given,
});

it('expects the very same where a sound instance gives the same twice', () => {
  const expected = learnReply(reply('{"n":1}'), reply('{"n":1}'), 'native', true);
  expect(wrongReply(expected, reply('{"n":1}'))).toBeUndefined();
  expect(wrongReply(expected, reply('{"n":2}'))).toBe(
    'expected 200, 7 bytes, as from native: {"n":1}; got 200, 7 bytes of application/json: {"n":2}',
  );
  expect(wrongReply(expected, reply('{"n":1}', { status: 201 }))).toMatch(/; got 201, 7 bytes/);
});

it('expects one of the same kind where replies differ, or each send has a body of its own', () => {
  for (const expected of [
    learnReply(reply('{"at":1}'), reply('{"at":22}', { status: 201 }), 'native', true),
    learnReply(reply('{"at":1}', { status: 201 }), reply('{"at":1}'), 'native', false),
  ]) {
    expect(wrongReply(expected, reply('{"at":333}', { status: 200 }))).toBeUndefined();
    expect(wrongReply(expected, reply(''))).toMatch(
      /^expected .* like from native: \{"at":1\}; got 200, 0 bytes/,
    );
    expect(wrongReply(expected, reply('<h1>Oh</h1>', { contentType: 'text/html' }))).toMatch(
      /of text\/html: <h1>Oh/,
    );
    expect(wrongReply(expected, reply('{"at":1}', { status: 202 }))).toMatch(/; got 202/);
  }
});

it('takes the word of the workload, which may be nothing', () => {
  expect(wrongReply({ kind: 'matcher' }, reply('anything', { status: 206 }))).toBeUndefined();
  const matcher = { kind: 'matcher', status: 200, json: { ok: true }, matches: /"id":"[a-f]+"/ } as const;
  expect(wrongReply(matcher, reply('{"ok":true,"id":"af"}'))).toBeUndefined();
  expect(wrongReply(matcher, reply('{"ok":false,"id":"af"}'))).toMatch(
    /^ok is false, expected true; got 200/,
  );
  expect(wrongReply(matcher, reply('{"ok":true,"id":"?"}'))).toMatch(/^expected a body that matches/);
  expect(wrongReply({ kind: 'matcher', json: { ok: true } }, reply('no'))).toMatch(
    /^the reply is not JSON: no; got/,
  );
  expect(wrongReply({ kind: 'matcher', json: { ok: true } }, reply('null'))).toMatch(/^ok is undefined/);
});

it('shows the start of a body in one line of printable characters', () => {
  const expected = { kind: 'matcher', status: 201 } as const;
  expect(wrongReply(expected, reply(`a\nb\x1b[2J${'x'.repeat(500)}`))).toBe(
    `status 200, expected 201; got 200, 507 bytes of application/json: a\\nb\\u001b[2J${'x'.repeat(113)}`,
  );
});

it('looks at the first bodies of each request, and then at as many as cost 0.3 % of the time', () => {
  let nowMs = 0;
  const expected = learnReply(reply('ok'), reply('ok'), 'native', true);
  // a check takes the time from one look at the clock to the next: 1 ms
  const checker = replyChecker([expected, expected, undefined], () => nowMs++);
  const wanted = (place: number): boolean => {
    const wants = checker.wantsBody(place);
    if (wants) expect(checker.check(place, reply('ok'))).toBeUndefined();
    return wants;
  };
  expect(Array.from({ length: 5 }, () => wanted(0))).toEqual([true, true, true, false, false]);
  expect(wanted(1)).toBe(true);
  expect(checker.wantsBody(2)).toBe(false);
  nowMs = 100_000;
  const before = nowMs;
  let checks = 0;
  while (nowMs < before + 100_000) if (wanted(0)) checks += 1;
  expect(checks / 100_000).toBeLessThan(0.0066);
  expect(checks / 100_000).toBeGreaterThan(0.0025);
});

it('sees a wrong status or length in every reply, also where the body was not kept', () => {
  const expected = learnReply(reply('{"n":1}'), reply('{"n":1}'), 'native', true);
  const checker = replyChecker([expected]);
  const first = { body: [Buffer.from('{"n"')], isWhole: false };
  expect(checker.check(0, reply('{"n":1}', first))).toBeUndefined();
  expect(checker.check(0, reply('{"n":11}', first))).toMatch(
    /; got 200, 8 bytes of application\/json: \{"n"$/,
  );
});

it('whatever an app replies is found right or wrong, in one short line', () => {
  const reply = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    contentType: hostileText,
    body: fc.oneof(hostileText, spoilt({ answer: 42, list: [1] })).map((text) => [Buffer.from(text)]),
  });
  const expected = fc.constantFrom<ReplyExpectation>(
    { kind: 'matcher', status: 200, json: { answer: 42, constructor: 'a' } },
    { kind: 'matcher', matches: /answer/ },
  );
  const whole = (given: { status: number; contentType: string; body: readonly Buffer[] }): Reply => ({
    ...given,
    bytes: given.body[0]?.length ?? 0,
    isWhole: true,
  });
  fc.assert(
    fc.property(reply, reply, expected, (one, other, matcher) => {
      const learnt = learnReply(whole(one), whole(other), 'native', true);
      for (const expectation of [matcher, learnt]) {
        const wrong = wrongReply(expectation, whole(other)) ?? 'right';
        expect(wrong).toMatch(/^[^\n\r]*$/);
        expect(wrong.length).toBeLessThan(3000);
      }
      expect(wrongReply(learnt, whole(one))).toBeUndefined();
    }),
    tries(),
  );
});
