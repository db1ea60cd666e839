import { readFileSync } from 'node:fs';

/** What Vagrant 2.3.4 with vagrant-libvirt 0.11.2 once printed, for tests. */
export function recordedReply(name: string): string {
  return readFileSync(new URL(`replies/${name}.txt`, import.meta.url), 'utf8');
}
