import { expect, test } from 'vitest';
import { engineAddress, showAddress } from './engine-address.ts';

const nothing = (): boolean => false;

test('a given socket goes before DOCKER_HOST', () => {
  const address = engineAddress('/tmp/a.sock', { DOCKER_HOST: 'tcp://there:2375' }, nothing);
  expect(address).toEqual({ kind: 'socket', path: '/tmp/a.sock' });
});

test('DOCKER_HOST may name a socket or another machine', () => {
  expect(engineAddress(undefined, { DOCKER_HOST: 'unix:///run/a.sock' }, nothing)).toEqual({
    kind: 'socket',
    path: '/run/a.sock',
  });
  expect(showAddress(engineAddress(undefined, { DOCKER_HOST: 'tcp://there:2375' }, nothing))).toBe(
    'tcp://there:2375',
  );
});

test.skipIf(process.platform === 'win32')('a rootless engine is found when the system has none', () => {
  const rootless = '/run/user/1000/docker.sock';
  const address = engineAddress(
    undefined,
    { XDG_RUNTIME_DIR: '/run/user/1000' },
    (path) => path === rootless,
  );
  expect(showAddress(address)).toBe(rootless);
});

test.skipIf(process.platform === 'win32')('without any socket the message names the system’s', () => {
  expect(showAddress(engineAddress(undefined, {}, nothing))).toBe('/var/run/docker.sock');
});
