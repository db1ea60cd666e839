import { choice, number, optionTable, path, text } from '@tare/options';
import { box, folder, probe } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Boot a machine',
    description: 'Boots the machine and brings the workloads in it up to date.',
  },
  {
    folder,
    workload: text({
      what: 'the name of a workload',
      description: 'The workload that starts with the machine.',
      otherwise: 'the first by name',
    }).optional(),
    accelerator: choice(['auto', 'kvm', 'tcg'], {
      description:
        "kvm: the host's CPU; tcg: emulation; auto: KVM where a guest boots with it. The variable TARE_DRIVER goes before it.",
    }).default('auto'),
    bootDeadlineSeconds: number({
      min: 1,
      max: 24 * 3600,
      unit: 'seconds',
      description: 'How long the boot may take, provisioning included.',
    }).default(300),
    healthPath: text({
      what: 'a path of a URL',
      description: 'Path that answers 200 when the workload is ready.',
    }).default('/health'),
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
);
