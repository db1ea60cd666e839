import { expect, test } from 'vitest';
import { boxVolumes, sameBox } from './forget-box.ts';

const table = ` Name                                                          Path
----------------------------------------------------------------------------
 tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img   /pool/a.img
 tare-VAGRANTSLASH-bookworm-ba9876543210_vagrant_box_image_0_box.img   /pool/b.img
 generic-VAGRANTSLASH-debian12_vagrant_box_image_4.3.12_box.img   /pool/c.img
 tare_0123abcd_default.img                                     /pool/d.img
`;

test('only the volumes of boxes are found, by the name of the box', () => {
  const boxes: string[] = [];
  boxVolumes(table, (box) => boxes.push(box) === 0);
  expect(boxes).toEqual(['tare/bookworm-0123456789ab', 'tare/bookworm-ba9876543210', 'generic/debian12']);
  expect(boxVolumes(table, (box) => box === 'tare/bookworm-0123456789ab')).toEqual([
    'tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img',
  ]);
});

test('the builds of a box differ in their hash alone', () => {
  expect(sameBox('tare/bookworm-0123456789ab', 'tare/bookworm-ba9876543210')).toBe(true);
  expect(sameBox('tare/trixie-0123456789ab', 'tare/bookworm-ba9876543210')).toBe(false);
  expect(sameBox('generic/debian12', 'generic/debian12')).toBe(false);
});
