import { expect, test } from 'vitest';
import { contentDigest, type ImageFacts, imageTag } from './images.ts';

test('a tag is the project and the beginning of the content’s digest', () => {
  expect(imageTag('primes', '0123456789abcdef')).toBe('tare/primes:0123456789ab');
});

test('a name that an engine would refuse is made one that it takes', () => {
  expect(imageTag('@acme/Web app_', '0123456789abcdef')).toBe('tare/acme/web-app:0123456789ab');
});

const image: ImageFacts = {
  Id: 'sha256:1',
  Architecture: 'amd64',
  Size: 1,
  RootFS: { Layers: ['sha256:a'] },
  Config: {
    User: '65534',
    WorkingDir: '/',
    StopSignal: '',
    Env: ['A=b'],
    Entrypoint: ['node'],
    Cmd: [],
    ExposedPorts: [],
    Volumes: [],
    Labels: [],
    Healthcheck: undefined,
  },
};

test('the ID and the size do not matter, layers, configuration and architecture do', () => {
  const digest = contentDigest(image);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(contentDigest({ ...image, Id: 'sha256:2', Size: 2 })).toBe(digest);
  const others = [
    { ...image, RootFS: { Layers: ['sha256:b'] } },
    { ...image, Config: { ...image.Config, User: '0' } },
    { ...image, Architecture: 'arm64' },
  ].map(contentDigest);
  expect(new Set([digest, ...others]).size).toBe(4);
});
