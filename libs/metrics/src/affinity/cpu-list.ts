import { readFileSync } from 'node:fs';

/**
 * Reads the kernel's notation of a set of CPUs: "0-2,5".
 * @returns the numbers, in order. @throws Error when the text is not such a list.
 */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (match === null) throw new Error(`not a list of CPUs: "${text}", expected a form like 0-2,5`);
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** @returns the CPUs that this process may run on; undefined where the system does not tell. */
export function allowedCpus(): readonly number[] | undefined {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return list === undefined ? undefined : parseCpuList(list);
  } catch {
    return undefined;
  }
}
