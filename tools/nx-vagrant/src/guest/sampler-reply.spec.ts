import { expect, it } from 'vitest';
import { parseSamplerReply } from './sampler-reply.ts';

it('reads what a sampler in a guest said', () => {
  expect(parseSamplerReply('{"kind":"clock","atNs":"161625190846"}')).toEqual({
    kind: 'clock',
    atNs: 161_625_190_846n,
  });
  expect(
    parseSamplerReply('{"kind":"use","atNs":"162696879706","cpuNs":"2720000000","memoryBytes":20463616}'),
  ).toEqual({ kind: 'use', atNs: 162_696_879_706n, cpuNs: 2_720_000_000n, memoryBytes: 20_463_616 });
  expect(
    parseSamplerReply('{"kind":"use","atNs":"1","cpuNs":"2","memoryBytes":3,"writtenBytes":"4096"}'),
  ).toMatchObject({ writtenBytes: 4096n });
  expect(
    parseSamplerReply(
      '{"kind":"use","atNs":"1","cpuNs":"2","memoryBytes":3,"diskWrites":{"count":"4","tookMs":"5"}}',
    ),
  ).toMatchObject({ diskWrites: { count: 4n, tookMs: 5n } });
  expect(parseSamplerReply('{"kind":"idle","atNs":"142569730566"}')).toEqual({
    kind: 'idle',
    atNs: 142_569_730_566n,
  });
  expect(parseSamplerReply('{"kind":"ended"}')).toEqual({ kind: 'ended' });
});

it.each(['perl: warning: Setting locale failed.', '{"kind":"clock","atNs":"-1"}', '{"kind":"other"}'])(
  'another line is refused and shown: %s',
  (line) => {
    expect(() => parseSamplerReply(line)).toThrow(`said "${line}", which is not a reading`);
  },
);
