import type { Artifact } from '@tare/environment';
import { expect, test } from 'vitest';
import { vagrant } from './vagrant.ts';

const common = { workload: '@shop/api', sha256: '', bytes: 1 };
const config = { command: ['a'], variables: [], workingDirectory: '/', user: '', ports: [] };
const files = (more: object): Artifact => ({
  ...common,
  kind: 'files',
  path: '/nowhere',
  command: ['a'],
  ...more,
});
const why = (artifact: Artifact) => vagrant().runs?.(artifact);

test('an image and a base that is one are refused with what to use instead', () => {
  const image: Artifact = { ...common, kind: 'image', reference: 'a:1', archive: '/a', config };
  expect(why(image)?.reason).toContain('an image brings a userland of its own and no kernel');
  expect(why(image)?.remedy).toContain('docker()');
  expect(why(files({ base: { image: 'python:3' } }))).toEqual({
    reason: 'its base is the image python:3; a VM is made from Debian packages',
    remedy: "name them: base: { packages: ['…'] }, or leave vagrant out",
  });
});

test('bundles and folders are run, with the packages that they name', () => {
  expect(why({ ...common, kind: 'node', path: '/a.mjs' })).toBeUndefined();
  expect(why(files({ command: ['gunicorn', 'app'], base: { packages: ['gunicorn'] } }))).toBeUndefined();
});

test('a program that is not in the folder is found out before anything boots', () => {
  expect(why(files({ command: ['./server'] }))?.reason).toBe('./server is not in /nowhere');
});
