import { expect, test } from 'vitest';
import { codeSpan, escapeMarkdown, oneLine } from './safe-text.ts';

test('escape sequences and line feeds of other programs do not reach the output', () => {
  expect(oneLine('\u001b[31mno\u001b[0m\r\n  such\u001b]0;title\u0007 file\u202e')).toBe('no such file');
});

test('Markdown and HTML of other programs are shown as text', () => {
  expect(escapeMarkdown('a|b *c* <d> [e](f) `g` & ~h~')).toBe(
    'a\\|b \\*c\\* \\<d\\> \\[e\\](f) \\`g\\` &amp; \\~h\\~',
  );
});

test('text at the start of a line does not become a list', () => {
  expect(['- a', '1. b', '27.5.1', '-5'].map(escapeMarkdown)).toEqual(['\\- a', '1\\. b', '27.5.1', '-5']);
});

test('a code span holds backticks', () => {
  expect(codeSpan('a ``b``')).toBe('``` a ``b`` ```');
  expect(codeSpan('a')).toBe('`a`');
});
