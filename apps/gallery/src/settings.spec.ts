import { expect, it } from 'vitest';
import { settingsFrom, listenAddress, urlOf } from './settings.ts';

it('has a default for everything', () => {
  expect(settingsFrom({})).toEqual({
    address: { host: '127.0.0.1', port: 5000 },
    allowedHosts: [],
    uploadsDir: `${process.cwd()}/uploads`,
    keepMetadata: false,
    limits: {
      maxUploadBytes: 10_485_760,
      maxPixels: 40_000_000,
      maxSidePixels: 30_000,
      maxWaiting: 64,
      maxDecodeBytes: 201_326_592,
      maxFilesPerRequest: 20,
      bodyTimeoutMs: 120_000,
    },
    maxStoreBytes: 2_147_483_648,
    uploadsPerSecond: 20,
    thumbnailCpuMs: 10_000,
  });
});

it('takes what is set', () => {
  const settings = settingsFrom({ UPLOADS_DIR: '/srv/gallery', RATE_LIMIT: '0', MAX_UPLOAD_BYTES: '1000' });
  expect(settings).toMatchObject({
    uploadsDir: '/srv/gallery',
    uploadsPerSecond: 0,
    limits: { maxUploadBytes: 1000 },
  });
});

it.each([
  ['MAX_UPLOAD_BYTES', '10MB', '1 to 1073741824'],
  ['MAX_UPLOAD_BYTES', '0', '1 to 1073741824'],
  ['MAX_FILES_PER_REQUEST', '1001', '1 to 1000'],
  ['BODY_TIMEOUT_MS', '', '1 to 3600000'],
  ['RATE_LIMIT', '-1', '0 to 1000000'],
  ['THUMBNAIL_CPU_MS', '1s', '1000 to 3600000'],
  ['KEEP_METADATA', 'yes', '0 to 1'],
])('refuses %s=%j', (name, text, range) => {
  expect(() => settingsFrom({ [name]: text })).toThrow(
    `${name} is ${JSON.stringify(text)}; expected a whole number from ${range}`,
  );
});

it('takes hosts as browsers write them', () => {
  const { allowedHosts } = settingsFrom({
    ALLOWED_HOSTS: 'Gallery.Example, bücher.example:8080,, [2001:DB8::1]',
  });
  expect(allowedHosts).toEqual(['gallery.example', 'xn--bcher-kva.example', '2001:db8::1']);
});

it.each(['*', '*.example', 'http://gallery.example', 'gallery.example/images', 'a b'])(
  'refuses ALLOWED_HOSTS=%j',
  (host) => {
    expect(() => settingsFrom({ ALLOWED_HOSTS: `localhost,${host}` })).toThrow(
      `ALLOWED_HOSTS has ${JSON.stringify(host)}; expected names of hosts, separated by commas, such as gallery.example`,
    );
  },
);

it('refuses an empty UPLOADS_DIR', () => {
  expect(() => settingsFrom({ UPLOADS_DIR: ' ' })).toThrow('UPLOADS_DIR is " "; expected a folder');
});

it('listens on 127.0.0.1:5000 when nothing is said', () => {
  expect(listenAddress({})).toEqual({ host: '127.0.0.1', port: 5000 });
});

it('takes HOST and PORT', () => {
  expect(listenAddress({ HOST: '::1', PORT: '65535' })).toEqual({ host: '::1', port: 65_535 });
});

it.each(['', 'http', '-1', '65536', '80.5', '1e3', ' 80'])('refuses PORT=%j', (port) => {
  expect(() => listenAddress({ PORT: port })).toThrow(
    `PORT is ${JSON.stringify(port)}; expected a whole number from 0 to 65535`,
  );
});

it('refuses an empty HOST, which would mean every address', () => {
  expect(() => listenAddress({ HOST: '' })).toThrow('HOST is ""; expected an address or a host name');
});

it('writes an IPv6 address in brackets', () => {
  expect(urlOf({ host: '::1', port: 80 })).toBe('http://[::1]:80');
});
