import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostileText, tries } from '../../../../properties.shared.ts';
import { plainText } from './plain-text.ts';

it('leaves ordinary text as it is, in several lines', () => {
  const text = 'GET /::1/x → “ä” 😀\n\tat a (b.js:1:2)\n::1 is the loopback';
  expect(plainText(text)).toBe(text);
});

it('takes out what a terminal would obey', () => {
  expect(plainText('\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007')).toBe('red link');
  expect(plainText('progress\rSUCCESS\b\u009b2J\u202egnp.exe')).toBe('progress�SUCCESS��gnp.exe');
  expect(plainText('a\r\nb')).toBe('a\nb');
});

it('breaks the commands of CI services, wherever a line begins or continues', () => {
  expect(plainText('::error file=x::boo')).toBe(': :error file=x::boo');
  expect(plainText('fine\n  ::set-output name=a::b')).toBe('fine\n  : :set-output name=a::b');
  expect(plainText('app: ##[error]boo ##vso[task.complete]')).toBe(
    'app: ## [error]boo ## vso[task.complete]',
  );
  expect(plainText('\u001b[0m::warning::hidden')).toBe(': :warning::hidden');
  expect(plainText('x\u2028::stop-commands::t')).not.toMatch(/^::/m);
});

it('lets nothing through that a terminal or a CI service obeys, takes its own work as it is, and takes no time', () => {
  // eslint-disable-next-line no-control-regex
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
  fc.assert(
    fc.property(hostileText, (text) => {
      const plain = plainText(text);
      expect(plain).not.toMatch(control);
      expect(plain).not.toMatch(/^\s*::[a-z]/im);
      expect(plain).not.toMatch(/##(\[|vso\[|teamcity\[)/i);
      expect(plainText(plain)).toBe(plain);
    }),
    tries(),
  );
  const startedAt = performance.now();
  for (const text of ['\n', ' ', ':', '#', '\u001b[', '\u001b]', '\u009b1;', ' \n'])
    plainText(text.repeat(200_000));
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
