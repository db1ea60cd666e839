export { ensureBox } from './box.ts';
export {
  createVagrant,
  parseMachineReadable,
  type Call,
  type InstalledBox,
  type MachineLine,
  type MachineState,
  type SshConfig,
  type Vagrant,
  type VagrantClientOptions,
} from './vagrant-client.ts';
export { vagrant, type VagrantOptions } from './environment/vagrant.ts';
export { probeVagrant, type VagrantFacts, type VagrantProbe } from './probe.ts';
export { boxRecordSchema, type BoxRecord } from './records.ts';
export { openSsh, shellWords, type Ssh, type SshResult, type SshRun } from './ssh.ts';
