import { parseMachineReadable } from './machine-readable.ts';

/** A box that Vagrant has on this host. */
export type InstalledBox = { readonly name: string; readonly provider: string; readonly version: string };

/** Reads `vagrant box list --machine-readable`: each box is a name, then its provider and version. */
export function parseBoxList(text: string): readonly InstalledBox[] {
  const boxes: { name: string; provider: string; version: string }[] = [];
  for (const { type, data } of parseMachineReadable(text)) {
    const value = data[0] ?? '';
    const last = boxes.at(-1);
    if (type === 'box-name') boxes.push({ name: value, provider: '', version: '' });
    else if (type === 'box-provider' && last !== undefined) last.provider = value;
    else if (type === 'box-version' && last !== undefined) last.version = value;
  }
  return boxes;
}
