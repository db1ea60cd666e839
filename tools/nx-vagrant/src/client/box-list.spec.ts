import { expect, test } from 'vitest';
import { parseBoxList } from './box-list.ts';
import { recordedReply } from './recorded-reply.ts';

test('each box has a name, a provider and a version', () => {
  const boxes = parseBoxList(recordedReply('box-list'));
  expect(boxes.map(({ name }) => name)).toEqual([
    'tare/bookworm-7edf6812eb02',
    'tare/bookworm-v1',
    'tare/bookworm-v3proof',
  ]);
  expect(boxes[0]).toEqual({ name: 'tare/bookworm-7edf6812eb02', provider: 'libvirt', version: '0' });
});

test('no box is an empty list', () => {
  expect(parseBoxList('1,,ui,info,There are no installed boxes!\n')).toEqual([]);
});
