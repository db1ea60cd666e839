import { expect, test } from 'vitest';
import { engineRemedy, type HostTraits } from './engine-remedy.ts';

const debian: HostTraits = {
  platform: 'linux',
  debianFamily: true,
  installed: false,
  services: false,
  root: false,
};

test('Debian without an engine is told what to install and how to start it', () => {
  const remedy = engineRemedy('ENOENT', debian);
  expect(remedy).toContain('sudo apt-get install -y docker.io iptables');
  expect(remedy).toContain('sudo service docker start');
  expect(remedy).toContain('dockerd &');
});

test('an engine that is installed is only to be started', () => {
  const remedy = engineRemedy('ECONNREFUSED', { ...debian, installed: true, services: true, root: true });
  expect(remedy).toBe('Start the engine: `systemctl start docker`.');
});

test('a socket without access asks for the group', () => {
  expect(engineRemedy('EACCES', { ...debian, installed: true })).toContain('usermod -aG docker');
});

test('other systems are told to use Docker Desktop', () => {
  expect(engineRemedy('ENOENT', { ...debian, platform: 'darwin' })).toContain('Docker Desktop');
});
