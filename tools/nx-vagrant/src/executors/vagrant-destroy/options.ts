import { optionTable, toggle } from '@tare/options';
import { box, folder } from '../shared-options.ts';

export const options = optionTable(
  { title: 'Remove a machine', description: 'Removes the machine and its disk.' },
  {
    folder,
    box,
    forgetBox: toggle({
      description:
        "Also removes the box and its earlier builds from Vagrant and from libvirt's storage pool; the box file stays.",
    }).default(false),
  },
);
