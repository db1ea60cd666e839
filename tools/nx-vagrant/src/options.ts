import { choice, hidden, list, number, optionTable, path, text, toggle, whole } from '@tare/options';
import { z } from 'zod';
import { usualPublicBox } from './box.ts';

const folder = path({ description: 'Folder of the Vagrantfile, from the workspace root.' });

/** The folder that the target vagrant-box writes to. */
const box = path({ description: 'Folder with box.json.' }).default('dist/vagrant/box');

/** What the probe wrote. */
const probe = path({ description: 'What the target vagrant-probe wrote.' }).default(
  'dist/vagrant/probe.json',
);

const aboutSsh = {
  title: 'A shell in the machine',
  description: 'Runs a command in the machine, or opens a shell there.',
};

const port = (description: string) => whole({ min: 1, max: 65_535, description }).optional();

/** What a workload wants as a service of the machine. */
const service = z.strictObject({
  port: port('Port of 127.0.0.1 that is forwarded to it.'),
  guestPort: port('Port that it listens on in the machine, which it gets in PORT.'),
  health: text({ what: 'a path of a URL', description: 'Path that answers 2xx when it is up.' }).optional(),
  data: text({
    what: 'the name of a variable',
    description: 'Variable that gets a folder for its data.',
  }).optional(),
  env: list({ description: 'Variables: NAME=value.' }).optional(),
  artifact: path({ description: 'Its bundle, or its folder.' }).optional(),
  command: list({ description: 'What starts it where it is a folder.' }).optional(),
});

const command = hidden(list({ description: 'The command.' }));

/** The options of each executor of this plugin. */
export const tables = {
  probe: optionTable(
    {
      title: 'Probe',
      description: 'Writes down which provider of Vagrant the host has, or why it has none.',
    },
    {
      out: path({ description: 'File to write, from the workspace root.' }).default(
        'dist/vagrant/probe.json',
      ),
    },
  ),

  'vagrant-box': optionTable(
    {
      title: 'Make a box',
      description:
        'Makes the box that machines are made of: built from Debian packages, or a public one pinned by version.',
    },
    {
      recipe: path({
        description: 'Folder with build-box.sh, from the workspace root.',
        otherwise: 'the recipe of @tare/nx-vagrant',
      }).optional(),
      mode: choice(['auto', 'built', 'public'], {
        description:
          'built: from Debian packages, as root on Debian, for libvirt; public: the public box; auto: built where the host can.',
      }).default('auto'),
      publicBox: text({ what: 'the name of a box', description: 'Name of the public box.' }).default(
        usualPublicBox.name,
      ),
      publicVersion: text({ what: 'the version of a box', description: 'Its version.' }).default(
        usualPublicBox.version,
      ),
      probe,
      out: path({ description: 'Folder for box.json and tare.box.' }).default('dist/vagrant/box'),
    },
  ),

  'vagrant-up': optionTable(
    {
      title: 'Boot a machine',
      description:
        'Boots the machine and serves workloads from it, on ports of 127.0.0.1, until it is shut down.',
    },
    {
      folder,
      workload: list({
        description: 'A workload that it serves; repeat the option for each.',
        otherwise: 'the first by name',
      }).optional(),
      services: z
        .record(z.string(), service)
        .meta({
          description:
            'What workloads want as services, by name: port (of 127.0.0.1, forwarded to it), guestPort, health, data (the variable that gets a folder that is kept), env, and artifact and command where it is a folder.',
        })
        .default({}),
      accelerator: choice(['auto', 'kvm', 'tcg'], {
        description:
          "kvm: the host's CPU; tcg: emulation; auto: KVM where a guest boots with it. The variable TARE_DRIVER overrides it.",
      }).default('auto'),
      bootDeadlineSeconds: number({
        min: 1,
        max: 24 * 3600,
        unit: 'seconds',
        description: 'How long the boot may take, provisioning included.',
      }).default(300),
      healthPath: text({
        what: 'a path of a URL',
        description: 'Path that answers 2xx when a workload is up that names none of its own.',
      }).default('/health'),
      healthSeconds: whole({
        min: 1,
        max: 3600,
        unit: 'seconds',
        description: 'How long a workload may take to get up.',
      }).default(120),
      workloadTag: text({
        what: 'a tag of projects',
        description: 'Tag of the projects that run in the machine.',
      }).default('workload'),
      artifact: path({ description: "Where a workload's build writes its bundle." }).default(
        'dist/{workloadRoot}/main.mjs',
      ),
      probe,
      box,
    },
  ),

  'vagrant-halt': optionTable(
    { title: 'Shut a machine down', description: 'Shuts the machine down.' },
    { folder },
  ),

  'vagrant-destroy': optionTable(
    { title: 'Remove a machine', description: 'Removes the machine and its disk.' },
    {
      folder,
      box,
      forgetBox: toggle({
        description:
          "Also removes the box and its earlier builds from Vagrant and from libvirt's storage pool; the box file stays.",
      }).default(false),
    },
  ),

  'vagrant-ssh': optionTable(aboutSsh, {
    folder,
    __unparsed__: command.meta({ ...command.meta(), $default: { $source: 'unparsed' } }).default([]),
  })
    // the words after -- may look like options
    .loose()
    .meta(aboutSsh),
};
