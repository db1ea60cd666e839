import { expect, test } from 'vitest';
import { codeSpan, escapeMarkdown, markdownPictures } from './markdown.ts';

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

test('a path that Markdown would break is encoded', () => {
  expect(markdownPictures([{ fileName: 'a.svg', title: 'a [b]' }], 'my reports (1)')).toBe(
    '![a \\[b\\]](my%20reports%20%281%29/a.svg)',
  );
});
