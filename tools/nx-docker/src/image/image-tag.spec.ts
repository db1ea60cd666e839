import { expect, test } from 'vitest';
import { imageTag } from './image-tag.ts';

test('a tag is the project and the beginning of the content’s digest', () => {
  expect(imageTag('primes', '0123456789abcdef')).toBe('tare/primes:0123456789ab');
});

test('a name that an engine would refuse is made one that it takes', () => {
  expect(imageTag('@acme/Web app_', '0123456789abcdef')).toBe('tare/acme/web-app:0123456789ab');
});
