/** How requests reach the app in a VM: by the guest's own address, or by a port that is forwarded through ssh. */
export type VmPath = 'guest' | 'forwarded';

/** Each path in words, for the run file. */
export const pathWords: Readonly<Record<VmPath, string>> = {
  guest: 'address of the guest on libvirt’s bridge',
  forwarded: 'port on 127.0.0.1 forwarded through ssh',
};
