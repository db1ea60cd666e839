import { expect, test } from 'vitest';
import { boxVolumes } from './forget-box.ts';

const table = ` Name                                                          Path
----------------------------------------------------------------------------
 tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img   /pool/tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img
 tare-VAGRANTSLASH-bookworm-ba9876543210_vagrant_box_image_0_box.img   /pool/tare-VAGRANTSLASH-bookworm-ba9876543210_vagrant_box_image_0_box.img
 tare_0123abcd_default.img                                     /pool/tare_0123abcd_default.img
`;

test('only the volumes of the box itself are found', () => {
  expect(boxVolumes(table, 'tare/bookworm-0123456789ab')).toEqual([
    'tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img',
  ]);
  expect(boxVolumes(table, 'tare/bookworm')).toEqual([]);
});
