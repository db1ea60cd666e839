import { createHash } from 'node:crypto';

const longest = 40;

/**
 * What a workload is called in a guest: its folder, its files, and its unit, `tare@<name>.service`. A name of small letters,
 * digits and hyphens stays as it is; any other ("@shop/api", "api:cold", one with spaces, a long one) keeps what it has of
 * them, with a digest behind, so that no two workloads have the same.
 */
export function unitName(workload: string): string {
  // what looks like a name with a digest gets one of its own
  const isPlain = /^[a-z][a-z0-9-]*$/.test(workload) && !/-[0-9a-f]{8}$/.test(workload);
  if (isPlain && workload.length <= longest) return workload;
  const words = workload.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const readable = `app-${words}`.slice(0, longest).replaceAll(/-+/g, '-').replace(/-$/, '');
  const digest = createHash('sha256').update(workload).digest('hex').slice(0, 8);
  return `${readable.replace(/^app-(?=[a-z])/, '')}-${digest}`;
}
