import type { Launch } from '@tare/environment';
import { expect, test } from 'vitest';
import { localTraits } from '../engine/engine-source.ts';
import type { ImageFacts } from '../image/images.ts';
import { type ContainerOrder, containerSpec } from './container-spec.ts';

const launch: Launch = {
  artifact: { kind: 'node', workload: 'w', path: '/w.mjs', sha256: '0', bytes: 1 },
  context: {
    runId: 'run-1',
    resources: { cpus: 1.5, memoryMiB: 256, serverCpus: [1], nodeArguments: [] },
    nodeBinary: '/node',
    nodeVersion: 'v24.21.0',
  },
  variables: { A: 'b' },
  healthPath: '/health',
  port: undefined,
  round: 1,
  cold: true,
};
const image: ImageFacts = {
  Id: 'sha256:1',
  Architecture: 'amd64',
  Size: 1,
  RootFS: { Layers: [] },
  Config: {
    User: '',
    WorkingDir: '/',
    StopSignal: '',
    Env: [],
    Entrypoint: ['/usr/local/bin/node'],
    Cmd: ['/main.mjs'],
    ExposedPorts: [],
    Volumes: [],
    Labels: [],
    Healthcheck: undefined,
  },
};
const order: ContainerOrder = { launch, image, network: 'bridge', traits: localTraits, appPort: 8080 };
const withResources = (resources: Partial<Launch['context']['resources']>): ContainerOrder => {
  const context = { ...launch.context, resources: { ...launch.context.resources, ...resources } };
  return { ...order, launch: { ...launch, context } };
};

test('a container gets the run’s budget and no more rights than it needs', () => {
  expect(containerSpec(order)).toMatchObject({
    User: '65534:65534',
    Labels: { 'tare.run': 'run-1' },
    HostConfig: {
      Memory: 268_435_456,
      MemorySwap: 268_435_456,
      CpusetCpus: '1',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
    },
  });
});

test('where nothing is pinned CPU time is limited', () => {
  const { HostConfig } = containerSpec(withResources({ serverCpus: undefined })) as { HostConfig: object };
  expect(HostConfig).toMatchObject({ NanoCpus: 1_500_000_000 });
  expect(HostConfig).not.toHaveProperty('CpusetCpus');
});

test('a port is published on 127.0.0.1 only', () => {
  expect(containerSpec({ ...order, network: 'published' })).toMatchObject({
    HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
  });
});

test('on the host’s network the app listens on 127.0.0.1', () => {
  const { Env } = containerSpec({ ...order, network: 'host', appPort: 4001 }) as { Env: readonly string[] };
  expect(Env).toEqual(['NODE_ENV=production', 'HOST=127.0.0.1', 'PORT=4001', 'A=b', 'TARE_RUN=run-1']);
});

test('an app that keeps data gets its own volume, marked like the container, and its path', () => {
  const spec = containerSpec({ ...order, launch: { ...launch, dataVariable: 'DATA' } });
  const labels = expect.objectContaining({ 'tare.run': 'run-1' }) as unknown;
  expect(spec).toMatchObject({
    HostConfig: {
      ReadonlyRootfs: true,
      Mounts: [{ Type: 'volume', Target: '/data', VolumeOptions: { Labels: labels } }],
    },
  });
  expect((spec as { Env: readonly string[] }).Env).toContain('DATA=/data');
  expect((containerSpec(order) as { HostConfig: object }).HostConfig).not.toHaveProperty('Mounts');
});

test('arguments for node go before the script', () => {
  const { Cmd } = containerSpec(withResources({ nodeArguments: ['--max-old-space-size=100'] })) as {
    Cmd: unknown;
  };
  expect(Cmd).toEqual(['--max-old-space-size=100', '/main.mjs']);
});

test('an image that does not start node itself cannot take arguments for node', () => {
  const asked = withResources({ nodeArguments: ['--x'] });
  const other = { ...image, Config: { ...image.Config, Entrypoint: ['/bin/sh', '-c'] } };
  expect(() => containerSpec({ ...asked, image: other })).toThrow('expected one that ends with node');
});
