import { choice, optionTable, path, text } from '@tare/options';
import { probe } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Make a box',
    description:
      'Makes the box that machines are made of: built from Debian packages, or a public one pinned by version.',
  },
  {
    recipe: path({ description: 'Folder with build-box.sh, from the workspace root.' }),
    mode: choice(['auto', 'built', 'public'], {
      description:
        'built: from Debian packages, as root on Debian, for libvirt; public: the public box; auto: built where the host can.',
    }).default('auto'),
    publicBox: text({ what: 'the name of a box', description: 'Name of the public box.' }).default(
      'bento/debian-12',
    ),
    publicVersion: text({ what: 'the version of a box', description: 'Its version.' }).default('202510.26.0'),
    probe,
    out: path({ description: 'Folder for box.json and tare.box.' }).default('dist/vagrant/box'),
  },
);
