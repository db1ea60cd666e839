import { native } from '@tare/environment';
import { expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve-config.ts';
import { answering, other } from '../../fixtures/real-run.ts';
import { requireOpenFiles, requireRoomFor } from './before-run.ts';

const config = resolveConfig(
  { workloads: [answering('/')], environments: [native(), other('second')], load: { connections: 100 } },
  'test',
);

it('refuses a limit of open files that a run would reach, and says how to raise it', () => {
  requireOpenFiles(config, 492);
  expect(() => {
    requireOpenFiles(config, 32);
  }).toThrow(
    new Error(
      'this process may open 32 file descriptors, a run with 100 connections in 2 environments wants 492: ulimit -n 1024',
    ),
  );
});

it('names a folder that cannot be written', async () => {
  await requireRoomFor(config, []);
  await expect(requireRoomFor(config, ['/dev/null/runs'])).rejects.toThrow(
    '/dev/null/runs: cannot be written: ',
  );
});
