import { expect, test } from 'vitest';
import { markup, nothing } from './html.ts';

test('text in a template is escaped, in content and in attributes', () => {
  const name = `<script>alert("1" & '2')</script>`;
  const escaped = '&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;';
  expect(markup`<p title="${name}">${name}</p>`.html).toBe(`<p title="${escaped}">${escaped}</p>`);
});

test('markup in a template stays markup, alone and in lists', () => {
  const items = ['a', '<b>'].map((text) => markup`<li>${text}</li>`);
  expect(markup`<ul>${items}</ul>${nothing}`.html).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>');
});

test('numbers and blanks at the ends of texts are kept', () => {
  expect(markup`${3}${' times '}${''}!`.html).toBe('3 times !');
});
