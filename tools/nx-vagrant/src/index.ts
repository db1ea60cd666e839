export { vagrant, type VagrantOptions } from './environment/vagrant.ts';
export {
  createVagrant,
  type Call,
  type MachineState,
  type Vagrant,
  type VagrantClientOptions,
} from './client/vagrant.ts';
export type { InstalledBox } from './client/vagrant-output.ts';
export { parseMachineReadable, type MachineLine } from './client/vagrant-output.ts';
export type { SshConfig } from './client/vagrant-output.ts';
export { openSsh, type Ssh, type SshResult, type SshRun } from './ssh/open-ssh.ts';
export { shellWords } from './ssh/shell-words.ts';
export { probeVagrant, type VagrantFacts, type VagrantProbe } from './probe/probe-vagrant.ts';
export { ensureBox } from './box/ensure-box.ts';
export { boxRecordSchema, type BoxRecord } from './record/records.ts';
