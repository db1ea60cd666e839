import { statfs } from 'node:fs/promises';
import type { DoctorLine } from './doctor-line.ts';

const bytesPerMiB = 1024 * 1024;
// an image and a box come to some hundred MiB each, with copies while they are made
const comfortableMiB = 4096;
// the journal of a run, and nothing else
const leastMiB = 64;

/** Whether the disk of a folder has room for images, boxes and reports. */
export async function examineDisk(folder: string): Promise<DoctorLine> {
  const { bavail, bsize } = await statfs(folder);
  return diskLine((bavail * bsize) / bytesPerMiB, folder);
}

/** Pure. */
export function diskLine(freeMiB: number, folder: string): DoctorLine {
  const finding = `${(freeMiB / 1024).toFixed(1)} GiB are free`;
  if (freeMiB >= comfortableMiB) return { level: 'good', subject: 'disk', finding };
  return {
    level: freeMiB < leastMiB ? 'problem' : 'warning',
    subject: 'disk',
    finding: `${finding}: images, boxes and reports want ${comfortableMiB / 1024} GiB`,
    remedy: `free some; to see what is large: du -xhd1 ${folder} | sort -h`,
  };
}
