import { expect, test } from 'vitest';
import { parseConfig } from './published-ports.ts';

const read = (files: Readonly<Record<string, string>>) => (path: string) => files[path] ?? '';

test('an engine without configuration is at its usual socket, with proxy and iptables', () => {
  expect(parseConfig(['dockerd'], read({}))).toEqual({
    hosts: ['fd://'],
    'userland-proxy': true,
    iptables: true,
  });
});

test('its file and its arguments complete each other', () => {
  const files = { '/a.json': '{"userland-proxy": false, "hosts": ["tcp://127.0.0.1:1"]}' };
  const words = ['dockerd', '--config-file', '/a.json', '-H', 'unix:///b.sock', '--iptables=false'];
  expect(parseConfig(words, read(files))).toEqual({
    hosts: ['unix:///b.sock', 'tcp://127.0.0.1:1'],
    'userland-proxy': false,
    iptables: false,
  });
  expect(parseConfig(['dockerd', '--userland-proxy=false', '--host=fd://'], read({}))).toMatchObject({
    hosts: ['fd://'],
    'userland-proxy': false,
    iptables: true,
  });
});

test('a file that is none says nothing', () => {
  expect(parseConfig(['dockerd'], read({ '/etc/docker/daemon.json': '{' }))).toBeUndefined();
});
