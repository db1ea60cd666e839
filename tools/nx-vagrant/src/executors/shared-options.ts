import { path } from '@tare/options';

export const folder = path({ description: 'Folder of the Vagrantfile, from the workspace root.' });

/** The folder that the target vagrant-box writes to. */
export const box = path({ description: 'Folder with box.json.' }).default('dist/vagrant/box');

/** What the probe wrote. */
export const probe = path({ description: 'What the target vagrant-probe wrote.' }).default(
  'dist/vagrant/probe.json',
);
